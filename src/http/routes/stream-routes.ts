import type { FastifyRequest } from 'fastify';
import { PalisadeError } from '../../domain/errors.ts';
import { type ConsoleReads, FEED_TYPES } from '../../ports/console.ts';
import type { Projections } from '../../ports/projections.ts';
import { EventStream } from '../event-stream.ts';
import { namesPart, textPart } from '../query-parts.ts';
import { fieldRefusal, type HttpContext, type Route, requireQueryNames } from '../route.ts';

/** Streams that may be open at once. */
const STREAMS_MAX = 64;

const TYPES = namesPart('types', 'What to tell of', FEED_TYPES);
const AFTER = textPart('after', 'Position to begin after, where there is no Last-Event-ID', 16);

/** The stream of what happens. */
export function streamRoutes(context: HttpContext, console: ConsoleReads, projections: Projections): readonly Route[] {
  const streams = new Set<EventStream>();
  return [
    {
      operationId: 'readStream',
      method: 'GET',
      path: '/v1/stream',
      access: 'read',
      isSheddable: true,
      tag: 'Console',
      summary: 'Follow what happens',
      description:
        'Server-sent events: `decision` (a DecisionRow), `alert` (an AlertRow), `happening` (a TimelineEntry), in ' +
        'the order of the log. The id of an event is its position: `Last-Event-ID` goes on after it, without a gap. ' +
        'An event `position` tells how far the stream is where nothing else does.',
      parameters: [
        TYPES.parameter,
        AFTER.parameter,
        { name: 'Last-Event-ID', in: 'header', description: 'Position to go on after', schema: { type: 'integer' } },
      ],
      bodies: [],
      answers: [
        {
          status: 200,
          description: 'Events, until the caller leaves or the server shuts down',
          content: {
            'text/event-stream': { schema: { type: 'string' }, example: 'id: 4711\nevent: alert\ndata: {}\n\n' },
          },
        },
      ],
      errors: ['REQUEST_INVALID', 'READ_STORE_FAILED', 'ENGINE_INTERNAL'],
      handle: async (request, reply) => {
        requireQueryNames(request, ['types', 'after']);
        const types = TYPES.read(request);
        const after = positionOf(request) ?? projections.statistics().position;
        if (streams.size >= STREAMS_MAX) {
          const message = `Cannot open another stream as ${streams.size} are open. Try again later.`;
          throw new PalisadeError('ENGINE_OVERLOADED', message);
        }
        const stream = new EventStream(reply.raw, { ...context, console, projections }, types, after);
        streams.add(stream);
        reply.hijack();
        void stream.run().finally(() => streams.delete(stream));
      },
    },
  ];
}

function positionOf(request: FastifyRequest): number | null {
  const header = request.headers['last-event-id'];
  const text = typeof header === 'string' && header !== '' ? header : AFTER.read(request);
  if (text === '') return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw fieldRefusal(typeof header === 'string' ? 'Last-Event-ID' : 'after', 'must be a position');
}
