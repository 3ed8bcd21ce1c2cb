import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  distinctCount,
  groupsOf,
  inTimeOrder,
  isoOf,
  MINUTE_MS,
  paymentsOf,
  SEEDS,
  slidingAt,
  type Timed,
} from './plain-definitions.ts';
import { assertExpected, assertFlawless, assertSameRows, exampleNamed, playExample } from './played.ts';

const EXAMPLE = exampleNamed('shared-card');

function accountsAndIps(payments: readonly Timed[]): readonly [number, number] {
  const accounts = distinctCount(payments.map(({ event }) => event.accountId));
  return [accounts, distinctCount(payments.map(({ event }) => event.ip))];
}

function isShared(payments: readonly Timed[]): boolean {
  const [accounts, ips] = accountsAndIps(payments);
  return accounts >= 5 && ips >= 5;
}

function flaggedOnArrival(arrivals: readonly Timed[]): readonly string[] {
  return arrivals.flatMap(({ event, id }, index) => {
    const known = arrivals.slice(0, index + 1).filter((other) => other.event.cardId === event.cardId);
    const nowMs = Math.max(...known.map(({ atMs }) => atMs));
    return isShared(slidingAt(known, nowMs, MINUTE_MS)) ? [id] : [];
  });
}

function sharedRows(sorted: readonly Timed[]): readonly unknown[] {
  return [...groupsOf(sorted, ({ event }) => event.cardId)].flatMap(([cardId, own]) =>
    [...new Set(own.map(({ atMs }) => atMs))].flatMap((endMs) => {
      const inside = slidingAt(own, endMs, MINUTE_MS);
      if (!isShared(inside)) return [];
      const [accounts, ips] = accountsAndIps(inside);
      const window = { window_start: isoOf(endMs - MINUTE_MS), window_end: isoOf(endMs) };
      return [{ cardId, ...window, accounts, ips, payments: inside.length }];
    }),
  );
}

describe('one card across five accounts', () => {
  for (const seed of SEEDS) {
    test(`is flagged as the definition says, seed ${seed}`, async () => {
      const played = await playExample(EXAMPLE, seed);
      const arrivals = paymentsOf(played.events);
      assert.deepEqual(played.findings.flagged.CARD_ACROSS_ACCOUNTS, flaggedOnArrival(arrivals));
      assertSameRows(played.findings.rows.shared_cards, sharedRows(inTimeOrder(arrivals)));
      assertFlawless(played, ['CARD_ACROSS_ACCOUNTS', 'view shared_cards']);
      if (seed === 1) await assertExpected(EXAMPLE, played);
    });
  }
});
