import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteEventLog } from '../../src/adapters/sqlite/mod.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { drivesNode } from './engine-process.ts';
import type { HttpCaller } from './http-caller.ts';
import { onWorkbench } from './workbench.ts';

const START_MS = Date.UTC(2026, 0, 31);
const ROUNDS = 4;
const PAYMENTS = 150;
const CONCURRENCY = 8;
const COUNT_SQL = 'SELECT count(*), count(DISTINCT transaction_id), sum(superseded) FROM decisions';
const PROFILES_SQL = "SELECT sum(decisions) FROM entities WHERE kind = 'account'";
const ALL_OF = ['decisions', 'alerts', 'entities', 'cases', 'timelines', 'traffic', 'rules'];

/** A payment: few customers share devices, and one in nine is dear enough to be looked at. */
function paymentOf(index: number): string {
  const customer = (index * 7) % 23;
  return JSON.stringify({
    transactionId: `p${index}`,
    type: 'purchase',
    occurredAt: new Date(START_MS + index * 700).toISOString(),
    cardId: `card-${customer}`,
    accountId: `account-${customer}`,
    deviceId: `device-${customer % 11}`,
    merchantId: `merchant-${index % 5}`,
    ip: `10.0.0.${customer % 7}`,
    amountMinor: index % 9 === 0 ? 900_000 + index : 1_000 + index,
    currency: 'EUR',
    channel: 'ecommerce',
    country: index % 4 === 0 ? 'FR' : 'DE',
  });
}

function eventOf(index: number): readonly [string, string] {
  const occurredAt = new Date(START_MS + index * 700).toISOString();
  const [accountId, deviceId, ip] = [`account-${index % 23}`, `device-${index % 13}`, `10.0.1.${index % 5}`];
  if (index % 2 === 0) {
    const body = { eventId: `l${index}`, occurredAt, accountId, deviceId, ip, status: 'failed' };
    return ['/v1/events', JSON.stringify({ type: 'login', ...body })];
  }
  return [
    '/v1/labels',
    JSON.stringify({ transactionId: `p${index - 9}`, label: index % 3 === 0 ? 'fraud' : 'legitimate' }),
  ];
}

/** Sends what there is from an index on, until all is answered or the server is gone; answers where to go on. */
async function load(caller: HttpCaller, from: number, to: number): Promise<number> {
  let next = from;
  let firstUnanswered = to;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < to; index = next++) {
      try {
        const { status, text } = await caller.authorize(paymentOf(index));
        assert.equal(status, 200, text);
        if (index % 6 === 0) {
          const [path, body] = eventOf(index);
          await caller.send('POST', path, body);
        }
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        firstUnanswered = Math.min(firstUnanswered, index);
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, lane));
  return firstUnanswered;
}

type Look = { readonly position: number; readonly decisions: number; readonly profiled: number };

/** What a reader is told, and how far it is said to go. Null where the server is gone. */
async function look(caller: HttpCaller): Promise<Look | null> {
  try {
    const ask = async (sql: string): Promise<{ row: number[]; position: number }> => {
      const { status, text } = await caller.send('POST', '/v1/query', JSON.stringify({ sql }));
      assert.equal(status, 200, text);
      const { rows, asOf } = JSON.parse(text);
      return { row: rows[0] ?? [], position: asOf.position };
    };
    const { row, position } = await ask(COUNT_SQL);
    assert.equal(row[0], row[1], 'a transaction is there once');
    const profiles = await ask(PROFILES_SQL);
    assert.ok(profiles.position >= position, `a step back from ${position} to ${profiles.position}`);
    return { position, decisions: row[0] ?? 0, profiled: profiles.row[0] ?? 0 };
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return null;
  }
}

/** Looks until told to stop: nothing that was there is gone, whatever is built anew or ended meanwhile. */
async function watch(callerOf: () => HttpCaller, looks: Look[], isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const seen = await look(callerOf());
    if (seen === null) {
      await sleep(20);
      continue;
    }
    const before = looks.at(-1) ?? { position: 0, decisions: 0, profiled: 0 };
    assert.ok(seen.position >= before.position, `from ${before.position} back to ${seen.position}`);
    assert.ok(seen.decisions >= before.decisions && seen.profiled >= before.profiled, 'rows are gone');
    looks.push(seen);
  }
}

/** Decisions that the log has up to each position. */
async function decisionsUpTo(directory: string): Promise<(position: number) => number> {
  const log = await openSqliteEventLog({ directory });
  const positions: number[] = [];
  for (let after = 0; ; ) {
    const records = await log.readAll(after, 1000);
    if (records.length === 0) break;
    for (const { type, position } of records) if (type === 'TransactionDecided') positions.push(position);
    after = records.at(-1)?.position ?? after;
  }
  await log.close();
  return (position) => positions.filter((each) => each <= position).length;
}

describe('projections', { skip: drivesNode }, () => {
  test('show every reader all that they say, while killed at random moments and built anew, and end as the log', () =>
    onWorkbench(async (bench) => {
      const random = new SeededRandom(20261122);
      let server = await bench.serve();
      let caller = bench.call(server);
      const looks: Look[] = [];
      let isOver = false;
      const watching = watch(
        () => caller,
        looks,
        () => isOver,
      );
      try {
        for (let from = 0, round = 0; round < ROUNDS; round++) {
          const loading = load(caller, from, (round + 1) * PAYMENTS);
          for (const name of ALL_OF)
            await caller.send('POST', `/v1/projections/console.${name}/rebuild`).catch(() => null);
          if (round === ROUNDS - 1) {
            from = await loading;
            break;
          }
          await sleep(100 + random.next() * 900);
          await server.end('SIGKILL');
          from = await loading;
          server = await bench.serve();
          caller = bench.call(server);
        }
        for (const name of ALL_OF) await caller.send('POST', `/v1/projections/console.${name}/rebuild`);
        const seen = looks.length;
        while (looks.length < seen + 6) await sleep(20);
      } finally {
        isOver = true;
        await watching;
      }
      assert.equal(await server.end('SIGTERM'), 0, server.output);
      const upTo = await decisionsUpTo(bench.data);
      for (const { position, decisions } of looks) assert.equal(decisions, upTo(position), `as of ${position}`);
      const verify = bench.launch(['projections', 'verify', '--data', bench.data]);
      assert.equal(await verify.ended, 0, verify.output);
      assert.match(verify.output, /every row is as the log has it/);
    }));
});
