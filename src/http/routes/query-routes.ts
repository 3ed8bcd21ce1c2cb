import { parseSqlQuery } from '../../codec/mod.ts';
import { BODY_BYTES_MAX } from '../../domain/limits.ts';
import type { Projections } from '../../ports/projections.ts';
import { AS_OF, AS_OF_SCHEMA, asOf } from '../as-of.ts';
import { sendJson } from '../replies.ts';
import { bodyText, type HttpContext, type JsonSchema, type Route } from '../route.ts';
import { schemaRef } from '../schemas.ts';

const ANSWER = {
  columns: ['outcome', 'n'],
  rows: [
    ['approve', 4711],
    ['decline', 12],
  ],
  isTruncated: false,
};
const TABLES = [{ name: 'decisions', columns: ['position', 'transaction_id', 'outcome'] }];

/** SQL over the views; none where the server has none. */
export function queryRoutes({ sql }: HttpContext, projections: Projections): readonly Route[] {
  if (sql === null) return [];
  const common = {
    access: 'read',
    isSheddable: true,
    tag: 'Console',
    path: '/v1/query',
    parameters: [],
  } as const;
  return [
    {
      ...common,
      operationId: 'listQueryTables',
      method: 'GET',
      summary: 'List the tables that SQL may read',
      description: 'The tables of the projections, and of each view of the ruleset as `view_<name>`.',
      bodies: [],
      answers: [answerOf({ type: 'object', properties: { tables: { type: 'array' } } }, { tables: TABLES })],
      errors: ['READ_STORE_FAILED', 'QUERY_REFUSED', 'QUERY_LIMIT', 'ENGINE_INTERNAL', 'ENGINE_DRAINING'],
      handle: async (_request, reply) => sendJson(reply, JSON.stringify({ tables: await sql.tables() })),
    },
    {
      ...common,
      operationId: 'runQuery',
      method: 'POST',
      summary: 'Run a query in SQL',
      description:
        'One SELECT in the SQL of SQLite over the tables that GET /v1/query lists; times are ms since 1970 UTC. It ' +
        'can write nothing and read nothing else, has 10 seconds and 384 MB, and runs in a process of its own behind ' +
        'everything that decides. `isTruncated` tells that there was more.',
      bodies: [
        {
          type: 'application/json',
          bytesMax: BODY_BYTES_MAX,
          schema: schemaRef('SqlQuery'),
          example: { sql: 'SELECT outcome, count(*) AS n FROM decisions GROUP BY outcome', limit: 100 },
        },
      ],
      answers: [
        answerOf(
          {
            type: 'object',
            required: ['columns', 'rows', 'isTruncated', 'asOf'],
            properties: {
              columns: { type: 'array', items: { type: 'string' } },
              rows: { type: 'array', items: { type: 'array' } },
              isTruncated: { type: 'boolean' },
              asOf: AS_OF_SCHEMA,
            },
          },
          { ...ANSWER, asOf: AS_OF },
        ),
      ],
      errors: ['READ_STORE_FAILED', 'QUERY_REFUSED', 'QUERY_LIMIT', 'ENGINE_INTERNAL', 'ENGINE_DRAINING'],
      handle: async (request, reply) => {
        const { sql: text, limit } = parseSqlQuery(bodyText(request));
        const leaving = new AbortController();
        reply.raw.once('close', () => leaving.abort());
        const { position, ...answer } = await sql.query(text, limit, leaving.signal);
        sendJson(reply, JSON.stringify({ ...answer, asOf: asOf(projections, position) }));
      },
    },
  ];
}

function answerOf(schema: JsonSchema, example: unknown): Route['answers'][number] {
  return { status: 200, description: 'The answer', content: { 'application/json': { schema, example } } };
}
