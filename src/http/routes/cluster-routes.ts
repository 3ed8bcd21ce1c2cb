import { DUTIES } from '../../domain/duties.ts';
import type { ClusterReport, NodeState } from '../../ports/cluster.ts';
import { presentedKey } from '../guard.ts';
import { sendJson } from '../replies.ts';
import type { HttpContext, JsonSchema, Route } from '../route.ts';

const COMMON = {
  method: 'GET',
  access: 'read',
  isSheddable: false,
  tag: 'Operations',
  parameters: [],
  bodies: [],
  errors: ['ENGINE_INTERNAL'],
} as const;

const COUNT: JsonSchema = { type: 'integer', minimum: 0 };
const TEXT: JsonSchema = { type: 'string' };

function objectOf(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', required: Object.keys(properties), properties };
}

const DUTIES_SCHEMA: JsonSchema = { type: 'array', items: { enum: DUTIES } };
const STATE_SCHEMA = objectOf({
  id: TEXT,
  headPosition: COUNT,
  residentActors: COUNT,
  held: { ...DUTIES_SCHEMA, description: 'What it does for all at present' },
});
const MEMBER_SCHEMA = objectOf({
  id: TEXT,
  name: TEXT,
  url: TEXT,
  duties: { ...DUTIES_SCHEMA, description: 'What it would do for all' },
  isSelf: { type: 'boolean' },
  shards: { type: 'array', items: COUNT },
  state: { anyOf: [STATE_SCHEMA, { type: 'null' }] },
  lag: { type: ['integer', 'null'], description: 'Records of the log that others know and this node does not' },
  isTrusted: { type: 'boolean', description: 'False while calls are not forwarded to it as it did not answer' },
});
const REPORT_SCHEMA = objectOf({
  node: TEXT,
  shardCount: COUNT,
  trouble: { type: 'string', description: 'Why nothing new is known of the others; empty where all is well' },
  members: { type: 'array', items: MEMBER_SCHEMA },
  owners: { type: 'array', items: { type: ['string', 'null'] }, description: 'Id of the owner by shard' },
  topics: { type: 'array', items: objectOf({ topic: TEXT, messages: COUNT }) },
  calls: objectOf({ owned: COUNT, forwarded: COUNT, taken: COUNT, guest: COUNT, failed: COUNT }),
});

const STATE_EXAMPLE: NodeState = { id: 'one-4f2a', headPosition: 1204, residentActors: 310, held: ['sagas'] };
const REPORT_EXAMPLE: ClusterReport = {
  node: 'one-4f2a',
  shardCount: 2,
  trouble: '',
  members: [
    {
      id: 'one-4f2a',
      name: 'one',
      url: 'http://one:8080',
      duties: ['sagas', 'publisher'],
      isSelf: true,
      shards: [0, 1],
      state: STATE_EXAMPLE,
      lag: 0,
      isTrusted: true,
    },
  ],
  owners: ['one-4f2a', 'one-4f2a'],
  topics: [{ topic: 'palisade.transactions', messages: 0 }],
  calls: { owned: 1204, forwarded: 0, taken: 0, guest: 0, failed: 0 },
};

/** The routes that show the cluster; none where the server is alone. Never shed: operators look when it is slow. */
export function clusterRoutes({ cluster }: HttpContext): readonly Route[] {
  if (cluster === null) return [];
  const report: Route = {
    ...COMMON,
    operationId: 'readCluster',
    path: '/v1/cluster',
    summary: 'The cluster as this node sees it',
    description:
      'Shards and their owners, the members and how far each is behind, and how calls went through this node.',
    answers: [
      {
        status: 200,
        description: 'The cluster',
        content: { 'application/json': { schema: REPORT_SCHEMA, example: REPORT_EXAMPLE } },
      },
    ],
    handle: async (request, reply) => {
      sendJson(reply, JSON.stringify(await cluster.report(presentedKey(request))));
    },
  };
  const state: Route = {
    ...COMMON,
    operationId: 'readNode',
    path: '/v1/cluster/node',
    summary: 'How this node stands',
    description: 'What the other nodes ask for the report of the cluster.',
    answers: [
      {
        status: 200,
        description: 'The node',
        content: { 'application/json': { schema: STATE_SCHEMA, example: STATE_EXAMPLE } },
      },
    ],
    handle: (_request, reply) => {
      sendJson(reply, JSON.stringify(cluster.state()));
      return undefined;
    },
  };
  return [report, state];
}
