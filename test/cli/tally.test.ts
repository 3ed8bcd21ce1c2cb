import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LatencyDigest } from '../../src/cli/latency-digest.ts';
import { Tally } from '../../src/cli/traffic/tally.ts';
import { type TrafficItem, type Truth, toTrafficItem } from '../../src/cli/traffic/traffic-item.ts';
import type { Decision, Outcome } from '../../src/domain/decision.ts';
import { decisionOf } from './fake-engine.ts';

function itemOf(number: number, amountMinor: number, truth: Truth | null): TrafficItem {
  const event = { transactionId: `t${number}`, type: 'purchase', cardId: 'c', amountMinor, currency: 'EUR' };
  return toTrafficItem(event, truth);
}

const HONEST: Truth = { fraud: false, group: 'honest' };
const fraud = (group: string): Truth => ({ fraud: true, group });

/** Eight transactions that are counted by hand below. */
const CASES: readonly (readonly [number, Truth, Outcome])[] = [
  [1000, HONEST, 'approve'],
  [2000, HONEST, 'challenge'],
  [4000, HONEST, 'approve'],
  [8000, HONEST, 'decline'],
  [16_000, fraud('a'), 'decline'],
  [32_000, fraud('a'), 'approve'],
  [64_000, fraud('b'), 'review'],
  [128_000, fraud('b'), 'decline'],
];

function tallyOf(cases: typeof CASES): Tally {
  const tally = new Tally();
  cases.forEach(([amountMinor, truth, outcome], number) => {
    tally.addDecision(itemOf(number, amountMinor, truth), decisionOf(`t${number}`, outcome), 1 + number);
  });
  return tally;
}

describe('Tally', () => {
  test('counts as one does by hand', () => {
    const report = tallyOf(CASES).report();
    assert.deepEqual(report.outcomes, { approve: 3, challenge: 1, review: 1, decline: 3 });
    const { labelled } = report;
    assert.ok(labelled !== null);
    // Stopped: 2 honest and 3 frauds of 4. Declined: 1 honest and 2 frauds of 4.
    assert.deepEqual(labelled.stopped, { precision: 3 / 5, recall: 3 / 4 });
    assert.deepEqual(labelled.declined, { precision: 2 / 3, recall: 2 / 4 });
    assert.deepEqual(labelled.fraud.valueMinor, { EUR: 240_000 });
    assert.deepEqual(labelled.fraud.stoppedValueMinor, { EUR: 208_000 });
    assert.deepEqual(labelled.legitimate.stoppedValueMinor, { EUR: 10_000 });
    assert.equal(labelled.legitimate.stopped, 2);
    assert.deepEqual(labelled.fraudGroups.a?.outcomes, { approve: 1, challenge: 0, review: 0, decline: 1 });
    assert.equal(labelled.fraudGroups.b?.stopped, 2);
    assert.equal(report.latencyMs.max, 8);
  });

  test('has no labelled part without labels, and no precision where nothing was stopped', () => {
    const bare = new Tally();
    bare.addDecision(itemOf(0, 100, null), decisionOf('t0', 'decline'), 1);
    assert.equal(bare.report().labelled, null);
    const calm = tallyOf([[1000, HONEST, 'approve']]).report().labelled;
    assert.deepEqual(calm?.stopped, { precision: null, recall: null });
  });

  test('hashes id, outcome, score, reasons and ruleset version in order', () => {
    const expected = createHash('sha256');
    CASES.forEach(([, , outcome], number) => {
      const { transactionId, score, reasons, rulesetVersion } = decisionOf(`t${number}`, outcome);
      expected.update(`${JSON.stringify([transactionId, outcome, score, reasons, rulesetVersion])}\n`);
    });
    assert.equal(tallyOf(CASES).report().decisionHash, expected.digest('hex'));
  });

  test('has another hash for any other decision, but not for another time or latency', () => {
    const base = decisionOf('t', 'decline');
    const reason = { code: 'A', ruleId: 'a', outcome: 'decline', score: 1, evidence: { x: 1 } } as const;
    const hashOf = (decision: Decision, latencyMs = 1): string => {
      const tally = new Tally();
      tally.addDecision(itemOf(0, 1, null), decision, latencyMs);
      return tally.report().decisionHash;
    };
    const same = [base, { ...base, decidedAt: '2030-01-01T00:00:00.000Z' }, { ...base, revisions: { 'card-c': 3 } }];
    const others: Decision[] = [
      { ...base, transactionId: 'u' },
      { ...base, outcome: 'review' },
      { ...base, score: 91 },
      { ...base, reasons: [reason] },
      { ...base, reasons: [{ ...reason, evidence: { x: 2 } }] },
      { ...base, rulesetVersion: 'ruleset-2' },
    ];
    assert.deepEqual([...new Set(same.map((decision, index) => hashOf(decision, 1 + index)))], [hashOf(base)]);
    assert.equal(new Set([base, ...others].map((decision) => hashOf(decision))).size, others.length + 1);
  });
});

describe('LatencyDigest', () => {
  test('is within two percent of the exact quantile', () => {
    const latencies = fc.array(fc.double({ min: 0.01, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(latencies, fc.constantFrom(0.5, 0.95, 0.99, 1), (values, share) => {
        const digest = new LatencyDigest();
        for (const value of values) digest.add(value);
        const sorted = [...values].sort((left, right) => left - right);
        const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
        const estimate = digest.quantile(share);
        assert.ok(Math.abs(estimate - exact) <= 0.02 * exact, `${estimate} for ${exact}`);
        assert.equal(digest.max, sorted.at(-1));
      }),
    );
  });
});
