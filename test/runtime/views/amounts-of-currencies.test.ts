import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isoAt, transactionOf } from '../../support/event-builders.ts';
import { ArrayLog, publishedOf, RunnerRig } from './runner-rig.ts';

const START_MS = Date.UTC(2026, 0, 31);

function rulesetOf(base: string, rates: string): string {
  return `name: money
currency: { base: ${base}, rates: { ${rates} } }
views:
  paid: { from: decision, group_by: currency, window: unbounded, aggregates: { total: sum(event.amount), n: count } }
  all: { from: decision, window: unbounded, aggregates: { total: sum(event.amount), mean: mean(event.amount) } }
rules:
  - { id: large, when: event.amount > 1e9, outcome: decline, reason: LARGE }
policy: { fallback: [ { outcome: review } ] }
`;
}

type Paid = readonly [amountMinor: number, currency: string];

async function totalsOf(ruleset: string, payments: readonly Paid[]) {
  const log = new ArrayLog();
  log.append('r', publishedOf(ruleset, 'one'));
  for (const [index, [amountMinor, currency]] of payments.entries()) {
    const id = `t${index}`;
    const occurredAt = isoAt(START_MS + index);
    const decision = {
      transactionId: id,
      outcome: 'approve' as const,
      score: 0,
      mode: 'full' as const,
      responseCode: '00',
      reasons: [],
      shadow: [],
      failures: [],
      responses: [],
      rulesetVersion: 'one',
      revisions: {},
      decidedAt: occurredAt,
    };
    const transaction = transactionOf(id, { occurredAt, amountMinor, currency });
    log.append(id, { type: 'TransactionDecided', transaction, decision, features: [] });
  }
  const rig = new RunnerRig(log);
  await rig.follow();
  assert.equal(rig.failure, null);
  const rows: readonly { currency: string; total: number }[] = JSON.parse(JSON.stringify(rig.rows('paid')));
  const [all]: readonly { total: number; mean: number }[] = JSON.parse(JSON.stringify(rig.rows('all')));
  return { byCurrency: Object.fromEntries(rows.map(({ currency, total }) => [currency, total])), all };
}

test('a view adds up amounts of many currencies in whole minor units of the base, each of them rounded', async () => {
  const payments: Paid[] = [
    [10, 'EUR'],
    [20, 'EUR'],
    [33, 'USD'],
    [33, 'USD'],
    [1001, 'JPY'],
    [1234, 'BHD'],
    [500, 'CHF'],
  ];
  const { byCurrency, all } = await totalsOf(rulesetOf('EUR', 'USD: 0.92, JPY: 0.0061, BHD: 2.4'), payments);
  // 33 cents are 30.36, 1001 yen 610.61, 1.234 dinars 296.16 cents of a euro; francs have no rate.
  assert.deepEqual(byCurrency, { EUR: 0.3, USD: 0.6, JPY: 6.11, BHD: 2.96, CHF: 0 });
  assert.deepEqual(all, { total: 9.97, mean: 997 / 600 });
});

test('a base currency of three places, and one of none, are added up in their own minor units', async () => {
  const tenths: Paid[] = Array.from({ length: 30 }, () => [100, 'BHD']);
  assert.equal((await totalsOf(rulesetOf('BHD', ''), tenths)).all?.total, 3);
  const yen: Paid[] = Array.from({ length: 30 }, () => [101, 'JPY']);
  assert.equal((await totalsOf(rulesetOf('JPY', ''), yen)).all?.total, 3030);
});
