import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { groupsOf, inTimeOrder, isoOf, MINUTE_MS, paymentsOf, SEEDS, sumOf, type Timed } from './plain-definitions.ts';
import { assertExpected, assertFlawless, assertSameRows, exampleNamed, playExample } from './played.ts';

const EXAMPLE = exampleNamed('session-count');
const GAP_MS = 15 * MINUTE_MS;
const USUAL = 8;

/** Runs of payments in order of time none of which comes more than the gap after the one before it. */
function sessionsOf(sorted: readonly Timed[]): readonly (readonly Timed[])[] {
  const sessions: Timed[][] = [];
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const payment of sorted) {
    if (payment.atMs - lastMs > GAP_MS) sessions.push([]);
    sessions.at(-1)?.push(payment);
    lastMs = payment.atMs;
  }
  return sessions;
}

function flaggedOnArrival(arrivals: readonly Timed[]): readonly string[] {
  return arrivals.flatMap(({ event, id }, index) => {
    const known = arrivals.slice(0, index + 1).filter((other) => other.event.accountId === event.accountId);
    const latest = sessionsOf(inTimeOrder(known)).at(-1) ?? [];
    return latest.length > USUAL ? [id] : [];
  });
}

function sessionRows(sorted: readonly Timed[]): readonly unknown[] {
  return [...groupsOf(sorted, ({ event }) => event.accountId)].flatMap(([accountId, own]) =>
    sessionsOf(own).flatMap((session) => {
      if (session.length <= USUAL) return [];
      const times = session.map(({ atMs }) => atMs);
      const amounts = session.map(({ event }) => event.amountMinor);
      return [
        {
          accountId,
          window_start: isoOf(Math.min(...times)),
          window_end: isoOf(Math.max(...times) + GAP_MS),
          payments: session.length,
          amount: sumOf(amounts) / 100,
          largest: Math.max(...amounts) / 100,
        },
      ];
    }),
  );
}

describe('more than eight payments in a session', () => {
  for (const seed of SEEDS) {
    test(`are flagged as the definition says, seed ${seed}`, async () => {
      const played = await playExample(EXAMPLE, seed);
      const arrivals = paymentsOf(played.events);
      assert.deepEqual(played.findings.flagged.BUSY_SESSION, flaggedOnArrival(arrivals));
      assertSameRows(played.findings.rows.busy_sessions, sessionRows(inTimeOrder(arrivals)));
      assertFlawless(played, ['BUSY_SESSION', 'view busy_sessions']);
      if (seed === 1) await assertExpected(EXAMPLE, played);
    });
  }

  test('are one session over a pause of exactly the gap, and two over a longer one', () => {
    const arrivals = paymentsOf(EXAMPLE.generate(1));
    const sessions = (account: string): readonly number[] =>
      sessionsOf(inTimeOrder(arrivals.filter(({ event }) => event.accountId === account))).map(({ length }) => length);
    assert.equal(sessions('user-spent-2').length, 1);
    assert.deepEqual(sessions('user-break'), [8, 8]);
  });
});
