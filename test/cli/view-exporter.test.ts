import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReadingTransport } from '../../src/cli/http-transport.ts';
import { ViewClient } from '../../src/cli/views/view-client.ts';
import { ViewExporter } from '../../src/cli/views/view-exporter.ts';
import type { FileStore, TableFormat } from '../../src/ports/table-files.ts';

type Row = { readonly id: string; readonly window_start: string | null };

const COLUMNS = [
  { name: 'id', type: 'text' },
  { name: 'window_start', type: 'number' },
] as const;

/** JSON in the place of Parquet, so that a test can look at it. */
const jsonFormat: TableFormat = {
  extension: 'json',
  encode: (columns, rows) => new TextEncoder().encode(JSON.stringify([columns, rows])),
};

/** An engine with one view whose rows the test sets; pages of two rows. */
class ViewOfRows {
  rows: readonly Row[] = [];
  watermark: string | null = '2026-02-10T12:00:00.000Z';
  readonly files = new Map<string, string>();
  readonly paths: string[] = [];

  async exporter(): Promise<ViewExporter> {
    const transport: ReadingTransport = {
      post: () => Promise.reject(new Error('an export sends nothing')),
      get: async (path) => ({ status: 200, body: JSON.stringify(this.#answer(path)), retryAfterS: null }),
      close: () => {},
    };
    const client = new ViewClient(transport, 'odd');
    const [view] = await client.views();
    assert.ok(view !== undefined);
    const store: FileStore = {
      put: async (path, bytes) => {
        this.paths.push(path);
        this.files.set(path, new TextDecoder().decode(bytes));
      },
      remove: async (path) => {
        this.files.delete(path);
      },
    };
    return new ViewExporter(client, view, jsonFormat, store);
  }

  /** Ids in each file, by date and hour. */
  contents(): Record<string, readonly string[]> {
    return Object.fromEntries(
      [...this.files].map(([path, text]) => {
        const [, rows]: [unknown, { id: string }[]] = JSON.parse(text);
        return [path, rows.map(({ id }) => id)];
      }),
    );
  }

  #answer(path: string): unknown {
    const { watermark } = this;
    if (path === '/v1/views') {
      const view = { name: 'odd', window: 'tumbling 60s', columns: COLUMNS, version: 'v', watermark };
      return { views: [{ ...view, retainMs: 3_600_000 }] };
    }
    const query = new URL(path, 'http://engine').searchParams;
    const from = query.get('from') ?? '';
    const to = query.get('to') ?? '9';
    const sorted = this.rows
      .filter(({ window_start: start }) => start === null || (start >= from && start < to))
      .toSorted((left, right) => ((left.window_start ?? '') < (right.window_start ?? '') ? 1 : -1));
    const start = Number(query.get('cursor') ?? 0);
    const nextCursor = start + 2 < sorted.length ? String(start + 2) : null;
    return { rows: sorted.slice(start, start + 2), nextCursor, asOf: { lagEvents: 3 } };
  }
}

function at(id: string, time: string): Row {
  return { id, window_start: `2026-02-10T${time}:00.000Z` };
}

function change(before: Row | null, after: Row | null) {
  return { sequence: 1, before, after };
}

const PATH = (hour: string): string => `odd/date=2026-02-10/hour=${hour}/odd.json`;

describe('an export of a view', () => {
  test('puts every row into the file of its hour, in order of time, however the pages fall', async () => {
    const view = new ViewOfRows();
    view.rows = [at('a', '12:00'), at('b', '12:59'), at('c', '13:00'), at('d', '12:30'), at('e', '14:10')];
    const exporter = await view.exporter();
    await exporter.exportAll(null);
    assert.deepEqual(view.contents(), { [PATH('12')]: ['a', 'd', 'b'], [PATH('13')]: ['c'], [PATH('14')]: ['e'] });
    assert.deepEqual(exporter.takeCounts(), { files: 3, rows: 5, removed: 0, kept: 0, lagEvents: 3 });
    assert.match(view.files.get(PATH('13')) ?? '', /"type":"time".*"window_start":1770728400000/);
  });

  test('writes only the hours that a change is about, and removes one that has no row any more', async () => {
    const view = new ViewOfRows();
    const [a, b, c] = [at('a', '12:00'), at('b', '13:00'), at('c', '14:00')];
    view.rows = [a, b, c];
    await (await view.exporter()).exportAll(null);
    view.paths.length = 0;
    view.rows = [a, at('d', '14:30'), c];
    const exporter = await view.exporter();
    await exporter.exportChanged([change(b, null), change(null, at('d', '14:30'))]);
    assert.deepEqual(view.contents(), { [PATH('12')]: ['a'], [PATH('14')]: ['c', 'd'] });
    assert.deepEqual(view.paths, [PATH('14')]);
    assert.equal(exporter.takeCounts().removed, 1);
  });

  test('leaves the file of an hour that the view no longer holds whole', async () => {
    const view = new ViewOfRows();
    view.rows = [at('a', '12:10'), at('b', '12:50'), at('c', '13:00')];
    await (await view.exporter()).exportAll(null);
    // Rows stay for an hour: the first is gone, and of the second hour none.
    view.watermark = '2026-02-10T13:15:00.000Z';
    view.rows = [at('b', '12:50'), at('c', '13:00'), at('d', '13:10')];
    const exporter = await view.exporter();
    await exporter.exportAll(null);
    await exporter.exportChanged([change(at('a', '12:10'), null)]);
    assert.deepEqual(view.contents(), { [PATH('12')]: ['a', 'b'], [PATH('13')]: ['c', 'd'] });
    assert.equal(exporter.takeCounts().kept, 2);
  });

  test('from a time on begins with the whole hour that the time is in', async () => {
    const view = new ViewOfRows();
    view.rows = [at('a', '12:10'), at('b', '13:05'), at('c', '13:50')];
    await (await view.exporter()).exportAll(Date.parse('2026-02-10T13:45:00Z'));
    assert.deepEqual(view.contents(), { [PATH('13')]: ['b', 'c'] });
  });

  test('puts rows without a window into one file', async () => {
    const view = new ViewOfRows();
    view.rows = [
      { id: 'b', window_start: null },
      { id: 'a', window_start: null },
      { id: 'c', window_start: null },
    ];
    await (await view.exporter()).exportAll(null);
    assert.deepEqual(view.contents(), { 'odd/odd.json': ['a', 'b', 'c'] });
    view.rows = [];
    await (await view.exporter()).exportChanged([change({ id: 'a', window_start: null }, null)]);
    assert.deepEqual(view.contents(), {});
  });
});
