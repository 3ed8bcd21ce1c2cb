import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Login } from '../../src/domain/events.ts';
import {
  distinctCount,
  groupsOf,
  inTimeOrder,
  isoOf,
  MINUTE_MS,
  SEEDS,
  sideEventsOf,
  slidingAt,
  startsOf,
  type Timed,
  within,
} from './plain-definitions.ts';
import { assertExpected, assertFlawless, assertSameRows, exampleNamed, playExample } from './played.ts';

const EXAMPLE = exampleNamed('failed-logins');
const ACROSS = 'burst-across';

type TimedLogin = Timed<Login>;

function ipsOf(logins: readonly TimedLogin[]): number {
  return distinctCount(logins.map(({ event }) => event.ip));
}

function failed(logins: readonly TimedLogin[]): readonly TimedLogin[] {
  return logins.filter(({ event }) => event.status === 'failed');
}

/** What each login completes, given those of its account that arrived before it and itself. */
function flaggedOnArrival(arrivals: readonly TimedLogin[]): Record<string, string[]> {
  const flagged: Record<string, string[]> = { LOGIN_BURST_SLIDING: [], LOGIN_BURST_TUMBLING: [] };
  arrivals.forEach((login, index) => {
    if (login.event.status !== 'failed') return;
    const known = arrivals.slice(0, index + 1).filter(({ event }) => event.accountId === login.event.accountId);
    const nowMs = Math.max(...known.map(({ atMs }) => atMs));
    if (ipsOf(slidingAt(failed(known), nowMs, MINUTE_MS)) > 3) flagged.LOGIN_BURST_SLIDING?.push(login.id);
    const minute = within(failed(known), Math.floor(nowMs / MINUTE_MS) * MINUTE_MS, MINUTE_MS);
    if (ipsOf(minute) > 3) flagged.LOGIN_BURST_TUMBLING?.push(login.id);
  });
  return flagged;
}

/** Every minute that ends at a failed login, with more than three addresses. */
function slidingRows(logins: readonly TimedLogin[]): unknown[] {
  const rows: unknown[] = [];
  for (const [accountId, own] of groupsOf(failed(logins), ({ event }) => event.accountId)) {
    for (const endMs of new Set(own.map(({ atMs }) => atMs))) {
      const inside = slidingAt(own, endMs, MINUTE_MS);
      if (ipsOf(inside) <= 3) continue;
      rows.push(rowOf(accountId, endMs - MINUTE_MS, inside));
    }
  }
  return rows;
}

/** Every minute of the clock with more than three addresses. */
function tumblingRows(logins: readonly TimedLogin[]): unknown[] {
  const rows: unknown[] = [];
  for (const [accountId, own] of groupsOf(failed(logins), ({ event }) => event.accountId)) {
    for (const startMs of startsOf(own, MINUTE_MS, MINUTE_MS)) {
      const inside = within(own, startMs, MINUTE_MS);
      if (ipsOf(inside) > 3) rows.push(rowOf(accountId, startMs, inside));
    }
  }
  return rows;
}

function rowOf(accountId: string, startMs: number, inside: readonly TimedLogin[]): unknown {
  return {
    accountId,
    window_start: isoOf(startMs),
    window_end: isoOf(startMs + MINUTE_MS),
    distinct_ips: ipsOf(inside),
    attempts: inside.length,
  };
}

describe('failed logins from distinct addresses', () => {
  for (const seed of SEEDS) {
    test(`are flagged as the definition says, seed ${seed}`, async () => {
      const played = await playExample(EXAMPLE, seed);
      const arrivals = sideEventsOf('login', played.events);
      assert.deepEqual(played.findings.flagged, flaggedOnArrival(arrivals));
      const sorted = inTimeOrder(arrivals);
      assertSameRows(played.findings.rows.failed_logins_sliding, slidingRows(sorted));
      assertSameRows(played.findings.rows.failed_logins_tumbling, tumblingRows(sorted));
      assertFlawless(played, ['LOGIN_BURST_SLIDING', 'view failed_logins_sliding']);
    });
  }

  test('across a full minute are caught by the sliding minute and missed by the minute of the clock', async () => {
    const played = await playExample(EXAMPLE, 1);
    const of = (finder: string) => played.scores.get(finder)?.kinds.find(({ kind }) => kind === ACROSS);
    for (const finder of ['LOGIN_BURST_SLIDING', 'view failed_logins_sliding']) {
      assert.equal(of(finder)?.detected.length, 4);
    }
    for (const finder of ['LOGIN_BURST_TUMBLING', 'view failed_logins_tumbling']) {
      assert.deepEqual(of(finder)?.detected, []);
      const inside = played.scores.get(finder)?.kinds.find(({ kind }) => kind === 'burst-inside');
      assert.equal(inside?.detected.length, 4);
    }
    await assertExpected(EXAMPLE, played);
  });

  test('are events that came late and twice', async () => {
    const { events, findings } = await playExample(EXAMPLE, 1);
    const arrivals = sideEventsOf('login', events);
    assert.ok(findings.repeats > 10 && arrivals.some(({ atMs }, index) => atMs < (arrivals[index - 1]?.atMs ?? 0)));
  });
});
