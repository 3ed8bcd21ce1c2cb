import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseSideEvent, problemOf } from '../../codec/mod.ts';
import { PalisadeError } from '../../domain/errors.ts';
import { BATCH_BYTES_MAX, BATCH_LINES_MAX, BODY_BYTES_MAX } from '../../domain/limits.ts';
import { LOGIN_EXAMPLE, RECEIPT_EXAMPLE } from '../examples.ts';
import { failureOf } from '../failures.ts';
import { JSON_TYPE, NDJSON_TYPE, REPEATED_HEADER } from '../replies.ts';
import { bodyText, type HttpContext, type JsonSchema, type Route } from '../route.ts';
import { schemaRef } from '../schemas.ts';
import { ENGINE_ERRORS } from './shared.ts';

/** Lines handed to the engine before the first of them is waited for: keeps a batch from filling the mailboxes. */
const LINES_AT_ONCE = 256;

const LINE_EXAMPLE = `${JSON.stringify({ line: 1, status: 200, ...RECEIPT_EXAMPLE })}\n`;
const BATCH_SCHEMA: JsonSchema = {
  type: 'string',
  description: 'One JSON object a line; each is what a single event may be',
};
const BATCH_ANSWER_SCHEMA: JsonSchema = {
  type: 'string',
  description:
    'A JSON object for each line that is not blank, in order: `line` (from 1), `status`, and the receipt or `problem`',
};

/** The route that takes logins, device signals, labels, reference data and rows of tables. */
export function eventRoutes(context: HttpContext): readonly Route[] {
  return [
    {
      operationId: 'recordEvents',
      method: 'POST',
      path: '/v1/events',
      access: 'events',
      isSheddable: true,
      tag: 'Events',
      summary: 'Record one event, or a batch of them',
      description:
        'One JSON object, or NDJSON with one object a line. A batch is answered with status 200 and one for each ' +
        'line, with a status of its own: a bad line stops no other. `eventId` is the key of idempotency. Lines are ' +
        `handed over in order. At most ${BATCH_LINES_MAX} lines and ${BATCH_BYTES_MAX} bytes.`,
      parameters: [],
      bodies: [
        {
          type: 'application/json',
          bytesMax: BODY_BYTES_MAX,
          schema: schemaRef('SideEvent'),
          example: LOGIN_EXAMPLE,
        },
        {
          type: 'application/x-ndjson',
          bytesMax: BATCH_BYTES_MAX,
          schema: BATCH_SCHEMA,
          example: `${JSON.stringify(LOGIN_EXAMPLE)}\n`,
        },
      ],
      answers: [
        {
          status: 200,
          description: 'The event is recorded; or, for a batch, what became of each line',
          content: {
            'application/json': { schema: schemaRef('SideEventReceipt'), example: RECEIPT_EXAMPLE },
            'application/x-ndjson': { schema: BATCH_ANSWER_SCHEMA, example: LINE_EXAMPLE },
          },
          headers: { 'Palisade-Repeated': 'true where a single event had been recorded before; absent otherwise' },
        },
      ],
      errors: [...ENGINE_ERRORS, 'REQUEST_TIME_IN_FUTURE', 'REQUEST_CARD_DATA', 'TRANSACTION_CONFLICT', 'TABLE_FULL'],
      handle: (request, reply) =>
        isBatch(request) ? recordBatch(context, request, reply) : recordOne(context, request, reply),
    },
  ];
}

function isBatch(request: FastifyRequest): boolean {
  return /^application\/x-ndjson\b/i.test(request.headers['content-type'] ?? '');
}

async function recordOne(context: HttpContext, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const event = parseSideEvent(bodyText(request), context.clock.nowMs());
  const receipt = await context.engine.record(event);
  if (receipt.repeated) reply.header(REPEATED_HEADER, 'true');
  reply.header('content-type', JSON_TYPE).send(JSON.stringify(receipt));
}

async function recordBatch(context: HttpContext, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const lines = linesOf(bodyText(request));
  const answers: string[] = [];
  for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
    const group = lines.slice(from, from + LINES_AT_ONCE);
    answers.push(...(await Promise.all(group.map((line) => recordLine(context, line)))));
  }
  reply.header('content-type', NDJSON_TYPE).send(`${answers.join('\n')}\n`);
}

type Line = { readonly number: number; readonly text: string };

function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  text.split('\n').forEach((line, index) => {
    if (line.trim() !== '') lines.push({ number: index + 1, text: line });
  });
  if (lines.length > BATCH_LINES_MAX) {
    throw new PalisadeError(
      'REQUEST_TOO_LARGE',
      `Cannot take the batch as it has too many lines: ${lines.length}. Send at most ${BATCH_LINES_MAX} at a time.`,
    );
  }
  if (lines.length === 0) {
    throw new PalisadeError(
      'REQUEST_MALFORMED',
      'Cannot take the batch as it is empty: 0 lines. Send one JSON object a line.',
    );
  }
  return lines;
}

async function recordLine({ engine, clock, logger }: HttpContext, line: Line): Promise<string> {
  try {
    const receipt = await engine.record(parseSideEvent(line.text, clock.nowMs()));
    return JSON.stringify({ line: line.number, status: 200, ...receipt });
  } catch (error) {
    const problem = problemOf(failureOf(error, logger));
    return JSON.stringify({ line: line.number, status: problem.status, problem });
  }
}
