import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OUTCOMES, type Reason, severityOf } from '../../src/domain/decision.ts';
import { foldFindings } from '../../src/rules/policy.ts';
import { rulesetText, validRuleset } from './rule-facts.ts';

const RULE = '{ id: one, when: card.known, outcome: review, reason: ONE }';
const { policy } = validRuleset(rulesetText([RULE]));

const reason = fc.record({
  code: fc.constant('HIT'),
  ruleId: fc.constant('hit'),
  outcome: fc.constantFrom(...OUTCOMES),
  score: fc.integer({ min: 0, max: 100 }),
  evidence: fc.constant({}),
});
const failure = fc.record({
  ruleId: fc.constant('failed'),
  message: fc.constant('failed'),
  resolvedAs: fc.constantFrom(...OUTCOMES),
});
const findings = fc.record({
  hits: fc.array(reason, { maxLength: 6 }),
  shadow: fc.array(reason, { maxLength: 3 }),
  failures: fc.array(failure, { maxLength: 3 }),
  responses: fc.constant(['notify']),
  isDegraded: fc.boolean(),
  isBlocked: fc.boolean(),
  isAllowed: fc.boolean(),
});

test('a further hit or failure never makes the outcome milder or the score lower', () => {
  fc.assert(
    fc.property(findings, reason, failure, (found, more, failed) => {
      const before = foldFindings(policy, found);
      const hit = foldFindings(policy, { ...found, hits: [...found.hits, more] });
      const failing = foldFindings(policy, { ...found, failures: [failed, ...found.failures] });
      assert.ok(severityOf(hit.outcome) >= severityOf(before.outcome));
      assert.ok(hit.score >= before.score);
      assert.ok(severityOf(failing.outcome) >= severityOf(before.outcome));
    }),
  );
});

test('the order of hits makes no difference to outcome and score', () => {
  fc.assert(
    fc.property(findings, (found) => {
      const forward = foldFindings(policy, found);
      const backward = foldFindings(policy, { ...found, hits: [...found.hits].reverse() });
      assert.deepEqual([backward.outcome, backward.score], [forward.outcome, forward.score]);
    }),
  );
});

test('shadow hits change nothing', () => {
  fc.assert(
    fc.property(findings, fc.array(reason), (found, shadow: Reason[]) => {
      const { outcome, score, responses } = foldFindings(policy, found);
      const other = foldFindings(policy, { ...found, shadow });
      assert.deepEqual([other.outcome, other.score, other.responses], [outcome, score, responses]);
    }),
  );
});

test('the outcome is at least that of each hit and that of the score, unless a list says otherwise', () => {
  fc.assert(
    fc.property(findings, (found) => {
      const { outcome, score } = foldFindings(policy, found);
      const sum = found.hits.reduce((total, hit) => total + hit.score, 0);
      assert.equal(score, Math.min(100, sum));
      if (found.isBlocked) assert.equal(outcome, 'decline');
      else if (found.isAllowed) assert.equal(outcome, 'approve');
      else {
        const byScore = score >= 85 ? 3 : score >= 60 ? 2 : score >= 40 ? 1 : 0;
        const parts = [...found.hits.map((hit) => hit.outcome), ...found.failures.map((one) => one.resolvedAs)];
        assert.equal(severityOf(outcome), Math.max(byScore, ...parts.map(severityOf)));
      }
    }),
  );
});
