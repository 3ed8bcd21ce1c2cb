import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { JSON_HEADERS, type TestServer, testServer } from './fixtures.ts';

async function record({ server }: TestServer, changes: Record<string, unknown>): Promise<number> {
  const event = { type: 'table_row', occurredAt: '2026-01-01T00:00:00Z', table: 'country_risk', key: 'NG', ...changes };
  const payload = JSON.stringify(event);
  const answer = await server.app.inject({ method: 'POST', url: '/v1/events', headers: JSON_HEADERS, payload });
  return answer.statusCode;
}

describe('tables', () => {
  test('a row that is recorded is read as of a time, with since when it is so', async () => {
    const { server } = await withRows();
    const url = '/v1/tables/country_risk/rows/NG';
    const then = await server.app.inject(`${url}?asOf=2026-01-01T12:00:00%2B02:00`);
    assert.deepEqual(then.json(), {
      table: 'country_risk',
      key: 'NG',
      asOf: '2026-01-01T10:00:00.000Z',
      since: '2026-01-01T00:00:00Z',
      revision: 0,
      columns: { score: 1 },
    });
    assert.equal((await server.app.inject(url)).json().columns.score, 2);
    for (const unknown of [`${url}?asOf=2025-12-31T23:59:59.999Z`, '/v1/tables/country_risk/rows/DE']) {
      const answer = await server.app.inject(unknown);
      assert.deepEqual([answer.statusCode, answer.json().code], [404, 'REQUEST_NOT_FOUND'], unknown);
      assert.match(answer.json().detail, /the row/);
    }
    const noTable = await server.app.inject('/v1/tables/country/rows/NG');
    assert.equal(noTable.statusCode, 404);
    assert.match(noTable.json().detail, /the table/);
  });

  test('every change is read in pages, and the last page tells where to go on', async () => {
    const { server } = await withRows();
    const pageAfter = async (query: string) =>
      (await server.app.inject(`/v1/tables/country_risk/changes${query}`)).json();
    const first = await pageAfter('?limit=1');
    assert.deepEqual([first.nextAfter, first.changes.length, first.changes[0].columns], [0, 1, { score: 1 }]);
    const second = await pageAfter(`?after=${first.nextAfter}`);
    assert.deepEqual([second.nextAfter, second.changes.length, second.changes[0].revision], [1, 1, 1]);
    assert.deepEqual(await pageAfter('?after=1'), { table: 'country_risk', nextAfter: 1, changes: [] });
    const empty = testServer();
    const answer = await empty.server.app.inject('/v1/tables/country_risk/changes');
    assert.deepEqual(answer.json(), { table: 'country_risk', nextAfter: null, changes: [] });
    assert.equal((await server.app.inject('/v1/tables/country/changes')).statusCode, 404);
  });

  test('are told with what they hold', async () => {
    const { server } = await withRows();
    const { tables } = (await server.app.inject('/v1/tables')).json();
    assert.deepEqual(
      tables.map((table: Record<string, unknown>) => [table.name, table.rowCount, table.versionCount, table.revision]),
      [['country_risk', 1, 2, 1]],
    );
    const metrics = (await server.app.inject('/metrics')).body;
    assert.match(metrics, /^palisade_table_rows\{table="country_risk"\} 1$/m);
    assert.match(metrics, /^palisade_table_versions 2$/m);
  });

  test('a query that is not understood is refused by the name of its part', async () => {
    const { server } = testServer();
    for (const [query, field] of [
      ['rows/NG?asOf=yesterday', 'asOf'],
      ['rows/NG?asOf=2026-01-01', 'asOf'],
      ['rows/NG?asof=2026-01-01T00:00:00Z', 'query'],
      ['changes?after=-1', 'after'],
      ['changes?limit=0', 'limit'],
      ['changes?limit=1001', 'limit'],
      [`rows/${'x'.repeat(129)}`, 'key'],
    ] as const) {
      const answer = await server.app.inject(`/v1/tables/country_risk/${query}`);
      assert.equal(answer.statusCode, 400, query);
      assert.equal(answer.json().errors[0].field, field, query);
    }
  });

  test('a row needs its columns or its removal, and not both', async () => {
    const target = testServer();
    assert.equal(await record(target, { eventId: 'r1', removed: true }), 200);
    assert.equal(await record(target, { eventId: 'r2', columns: {} }), 200);
    assert.equal(await record(target, { eventId: 'r3' }), 400);
    assert.equal(await record(target, { eventId: 'r4', columns: {}, removed: true }), 400);
    assert.equal(await record(target, { eventId: 'r5', removed: false }), 400);
    assert.equal(await record(target, { eventId: 'r6', columns: { score: null } }), 400);
    const many = Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`c${index}`, index]));
    assert.equal(await record(target, { eventId: 'r7', columns: many }), 400);
    assert.equal(await record(target, { eventId: 'r8', columns: { note: '4111 1111 1111 1111' } }), 422);
  });
});

async function withRows(): Promise<TestServer> {
  const target = testServer();
  await record(target, { eventId: 'r1', columns: { score: 1 } });
  await record(target, { eventId: 'r2', occurredAt: '2026-01-02T00:00:00Z', columns: { score: 2 } });
  return target;
}
