import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GRACE_MS } from '../../examples/amount-spike/amount-spikes.ts';
import type { Transaction } from '../../src/domain/events.ts';
import { startInProcess } from './in-process.ts';
import {
  groupsOf,
  HOUR_MS,
  inTimeOrder,
  isoOf,
  MINUTE_MS,
  paymentsOf,
  SEEDS,
  startsHolding,
  startsOf,
  sumOf,
  type Timed,
  within,
} from './plain-definitions.ts';
import { assertExpected, assertFlawless, assertSameRows, exampleNamed, playExample } from './played.ts';

const EXAMPLE = exampleNamed('amount-spike');
const HOP_MS = 5 * MINUTE_MS;

function amountsOf(payments: readonly Timed[]): readonly number[] {
  return payments.map(({ event }) => event.amountMinor);
}

function flaggedOnArrival(arrivals: readonly Timed[]): Record<string, readonly string[]> {
  const overMean: string[] = [];
  const overOthers: string[] = [];
  arrivals.forEach((payment, index) => {
    const known = arrivals.slice(0, index + 1).filter(({ event }) => event.accountId === payment.event.accountId);
    const nowMs = Math.max(...known.map(({ atMs }) => atMs));
    const startMs = startsHolding(nowMs, HOUR_MS, HOP_MS)[0] ?? 0;
    const window = within(known, startMs, HOUR_MS);
    if (!window.includes(payment)) return;
    const own = payment.event.amountMinor;
    const total = sumOf(amountsOf(window));
    if (own * window.length > 5 * total) overMean.push(payment.id);
    if (window.length > 1 && own * (window.length - 1) > 5 * (total - own)) overOthers.push(payment.id);
  });
  return { SPIKE_OVER_MEAN: overMean, SPIKE_OVER_OTHERS: overOthers };
}

type SpikeRow = { readonly accountId: string; readonly window_start: string; readonly window_end: string };

/** Every window of an hour with a payment above five times its mean. */
function spikeRows(sorted: readonly Timed[]): readonly SpikeRow[] {
  return [...groupsOf(sorted, ({ event }) => event.accountId)].flatMap(([accountId, own]) =>
    startsOf(own, HOUR_MS, HOP_MS).flatMap((startMs) => {
      const amounts = amountsOf(within(own, startMs, HOUR_MS));
      const largest = Math.max(...amounts);
      if (largest * amounts.length <= 5 * sumOf(amounts)) return [];
      const window = { window_start: isoOf(startMs), window_end: isoOf(startMs + HOUR_MS) };
      const mean = sumOf(amounts) / 100 / amounts.length;
      return [{ accountId, ...window, largest: largest / 100, mean, payments: amounts.length }];
    }),
  );
}

/** A payment of a user at a time. */
function paymentAt(id: string, accountId: string, atMs: number): Transaction {
  const usual = { type: 'purchase', currency: 'EUR', channel: 'ecommerce' } as const;
  const entity = { cardId: `card-${accountId}`, accountId };
  return { transactionId: id, occurredAt: isoOf(atMs), ...usual, ...entity, amountMinor: 100 };
}

describe("a payment above five times the user's mean", () => {
  for (const seed of SEEDS) {
    test(`is flagged as the definition says, seed ${seed}`, async () => {
      const played = await playExample(EXAMPLE, seed);
      const arrivals = paymentsOf(played.events);
      assert.deepEqual(played.findings.flagged, flaggedOnArrival(arrivals));
      assertSameRows(played.findings.rows.amount_spikes, spikeRows(inTimeOrder(arrivals)));
      assertFlawless(played, ['SPIKE_OVER_OTHERS']);
      if (seed === 1) await assertExpected(EXAMPLE, played);
    });
  }

  test('is told by the mean with itself from the sixth payment on only', async () => {
    const { scores } = await playExample(EXAMPLE, 1);
    for (const finder of ['SPIKE_OVER_MEAN', 'view amount_spikes']) {
      const missed = scores.get(finder)?.kinds.flatMap((kind) => kind.missed);
      assert.deepEqual(missed, ['spike-after-few-2', 'spike-after-few-4', 'spike-after-few-6']);
    }
  });

  test('counts what comes within the grace of ten minutes and drops what comes after it', async () => {
    const engine = await startInProcess(EXAMPLE.name);
    const view = async () => (await engine.views()).find(({ name }) => name === 'amount_spikes');
    const newestMs = Date.UTC(2026, 1, 10, 20);
    // The last window of this time ends ten minutes before the newest payment.
    const oldMs = newestMs - GRACE_MS - HOUR_MS;
    await engine.send(paymentAt('newest', 'user-newest', newestMs - 1));
    await engine.send(paymentAt('in-time', 'user-old', oldMs));
    const before = await view();
    assert.deepEqual([before?.events, before?.droppedEvents], [2, 0]);
    await engine.send(paymentAt('a-moment-later', 'user-newest', newestMs));
    await engine.send(paymentAt('too-late', 'user-old', oldMs));
    const after = await view();
    assert.deepEqual([after?.events, after?.droppedEvents], [4, 1]);
  });
});
