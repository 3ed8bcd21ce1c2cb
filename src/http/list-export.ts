import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { ErrorCode } from '../domain/errors.ts';
import type { Page } from '../ports/console.ts';
import { csvLine, csvValues } from './csv.ts';
import { choicePart, type QueryPart, wholePart } from './query-parts.ts';
import { NDJSON_TYPE } from './replies.ts';
import { type Route, type RouteParameter, requireQueryNames } from './route.ts';

const FORMAT = choicePart('format', 'Form of the file', ['csv', 'ndjson'], 'csv');
const ROWS = wholePart('rows', 'Most rows to give', { absent: 100_000, min: 1, max: 1_000_000 });
const PAGE_ROWS = 500;
const NO_PARTS: readonly RouteParameter[] = [];

/** Reads the page after a cursor. */
export type ReadPage<Row> = (limit: number, cursor: string | null) => Promise<Pick<Page<Row>, 'items' | 'nextCursor'>>;

/** A list to take away as a file. */
export type ListExport<Row extends object> = {
  readonly operationId: string;
  /** What the list is called, and its file. */
  readonly name: string;
  readonly path: string;
  /** In which order the rows come. */
  readonly order: string;
  readonly pathParts?: readonly RouteParameter[];
  readonly filters: readonly QueryPart<unknown>[];
  readonly example: Row;
  /** The row with a member for each column of CSV; the row itself where it is absent. */
  readonly columnsOf?: (row: Row) => object;
  readonly errors: readonly ErrorCode[];
  /** Throws REQUEST_INVALID. */
  readonly readerOf: (request: FastifyRequest) => ReadPage<Row>;
};

/** Makes a route of it: for keys with the scope `read`, shed under load, sent as it is read. */
export function exportRoute<Row extends object>(list: ListExport<Row>): Route {
  const { name, path, operationId, filters, example, readerOf, order, errors } = list;
  const parts = [...filters, FORMAT, ROWS];
  const columnsOf = list.columnsOf ?? ((row: Row): object => row);
  const names = Object.keys(columnsOf(example));
  const csvOf = (row: Row): string => csvLine(csvValues(columnsOf(row), names));
  return {
    operationId,
    method: 'GET',
    path,
    access: 'read',
    isSheddable: true,
    tag: 'Console',
    summary: `Take ${name} away as a file`,
    description:
      `The rows of the list that meet the filters, ${order}, as CSV with a heading (RFC 4180; a text that a ` +
      'spreadsheet would take for a formula begins with an apostrophe) or as NDJSON. Sent as it is read: what comes ' +
      'meanwhile is not in it.',
    parameters: [...(list.pathParts ?? NO_PARTS), ...parts.map(({ parameter }) => parameter)],
    bodies: [],
    answers: [
      {
        status: 200,
        description: 'The file',
        content: {
          'text/csv': { schema: { type: 'string' }, example: `${csvLine(names)}${csvOf(example)}` },
          'application/x-ndjson': { schema: { type: 'string' }, example: ndjsonOf(example) },
        },
      },
    ],
    errors,
    handle: async (request, reply) => {
      requireQueryNames(
        request,
        parts.map(({ parameter }) => parameter.name),
      );
      const [format, rowsMax, read] = [FORMAT.read(request), ROWS.read(request), readerOf(request)];
      const first = await read(Math.min(PAGE_ROWS, rowsMax), null);
      const heading = format === 'csv' ? csvLine(names) : '';
      reply.header('content-type', format === 'csv' ? 'text/csv; charset=utf-8; header=present' : NDJSON_TYPE);
      reply.header('content-disposition', `attachment; filename="${name}.${format}"`);
      reply.send(Readable.from(pagesOf(heading, first, read, rowsMax, format === 'csv' ? csvOf : ndjsonOf)));
    },
  };
}

function ndjsonOf(row: object): string {
  return `${JSON.stringify(row)}\n`;
}

/** One text a page: the next is read when the one before has gone out. */
async function* pagesOf<Row>(
  heading: string,
  first: Awaited<ReturnType<ReadPage<Row>>>,
  read: ReadPage<Row>,
  rowsMax: number,
  textOf: (row: Row) => string,
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
