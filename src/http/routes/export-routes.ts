import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { ConsoleReads, Page } from '../../ports/console.ts';
import { ALERT_ROW_EXAMPLE, DECISION_ROW_EXAMPLE } from '../console-examples.ts';
import { csvLine, csvValues } from '../csv.ts';
import { choicePart, type QueryPart, wholePart } from '../query-parts.ts';
import { NDJSON_TYPE } from '../replies.ts';
import { type Route, requireQueryNames } from '../route.ts';
import { ALERT_FILTER_PARTS, alertFilterOf, DECISION_FILTER_PARTS, decisionFilterOf } from './decision-list-routes.ts';

const FORMAT = choicePart('format', 'Form of the file', ['csv', 'ndjson'], 'csv');
const ROWS = wholePart('rows', 'Most rows to give', { absent: 100_000, min: 1, max: 1_000_000 });
const PAGE_ROWS = 500;

type ReadPage = (limit: number, cursor: string | null) => Promise<Page<object>>;

/** Lists as files. */
export function exportRoutes(console: ConsoleReads): readonly Route[] {
  const order = { sort: 'occurredAt', descending: true } as const;
  return [
    exportRoute('decisions', DECISION_FILTER_PARTS, DECISION_ROW_EXAMPLE, (request) => {
      const filter = decisionFilterOf(request);
      return (limit, cursor) => console.decisions({ ...filter, ...order, limit, cursor });
    }),
    exportRoute('alerts', ALERT_FILTER_PARTS, ALERT_ROW_EXAMPLE, (request) => {
      const filter = alertFilterOf(request);
      return (limit, cursor) => console.alerts({ ...filter, ...order, limit, cursor });
    }),
  ];
}

function exportRoute(
  list: 'decisions' | 'alerts',
  filters: readonly QueryPart<unknown>[],
  example: object,
  readerOf: (request: FastifyRequest) => ReadPage,
): Route {
  const parts = [...filters, FORMAT, ROWS];
  const names = Object.keys(example);
  const csv = `${csvLine(names)}${csvLine(csvValues(example))}`;
  return {
    operationId: list === 'decisions' ? 'exportDecisions' : 'exportAlerts',
    method: 'GET',
    path: `/v1/exports/${list}`,
    access: 'read',
    isSheddable: true,
    tag: 'Console',
    summary: `Take ${list} away as a file`,
    description:
      'The rows of the list that meet the filters, newest first, as CSV with a heading (RFC 4180; a text that a ' +
      'spreadsheet would take for a formula begins with an apostrophe) or as NDJSON. Sent as it is read: what comes ' +
      'meanwhile is not in it.',
    parameters: parts.map(({ parameter }) => parameter),
    bodies: [],
    answers: [
      {
        status: 200,
        description: 'The file',
        content: {
          'text/csv': { schema: { type: 'string' }, example: csv },
          'application/x-ndjson': { schema: { type: 'string' }, example: `${JSON.stringify(example)}\n` },
        },
      },
    ],
    errors: ['REQUEST_INVALID', 'REQUEST_CARD_DATA', 'READ_STORE_FAILED', 'ENGINE_INTERNAL'],
    handle: async (request, reply) => {
      requireQueryNames(
        request,
        parts.map(({ parameter }) => parameter.name),
      );
      const [format, rowsMax, read] = [FORMAT.read(request), ROWS.read(request), readerOf(request)];
      const first = await read(Math.min(PAGE_ROWS, rowsMax), null);
      const heading = format === 'csv' ? csvLine(names) : '';
      const textOf = format === 'csv' ? (row: object) => csvLine(csvValues(row)) : ndjsonOf;
      reply.header('content-type', format === 'csv' ? 'text/csv; charset=utf-8; header=present' : NDJSON_TYPE);
      reply.header('content-disposition', `attachment; filename="${list}.${format}"`);
      reply.send(Readable.from(pagesOf(heading, first, read, rowsMax, textOf)));
    },
  };
}

function ndjsonOf(row: object): string {
  return `${JSON.stringify(row)}\n`;
}

/** One text a page: the next is read when the one before has gone out. */
async function* pagesOf(
  heading: string,
  first: Page<object>,
  read: ReadPage,
  rowsMax: number,
  textOf: (row: object) => string,
): AsyncGenerator<string> {
  let page = first;
  let left = rowsMax - page.items.length;
  yield heading + page.items.map(textOf).join('');
  while (page.nextCursor !== null && left > 0) {
    page = await read(Math.min(PAGE_ROWS, left), page.nextCursor);
    left -= page.items.length;
    yield page.items.map(textOf).join('');
  }
}
