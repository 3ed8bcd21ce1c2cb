import assert from 'node:assert/strict';
import process from 'node:process';
import { describe, test } from 'node:test';
import { PLANTED_DEFECTS } from './planted-defects.ts';
import { failureText, type SimulationResult, simulate } from './scenario.ts';

const STEPS = 300;
/** Set to repeat one failure: `SEED=123 npm test`. */
const { SEED } = process.env;
const SEEDS = SEED === undefined ? Array.from({ length: 60 }, (_, index) => index + 1) : [Number(SEED)];
/** Share of all commands that is answered, conflicts aside, though engines crash and logs fail under them. */
const ANSWERED_SHARE_MIN = 0.6;
/** Seeds within which every planted defect has to be found. */
const DETECTION_SEEDS_MAX = 20;

function total(results: readonly SimulationResult[], name: string): number {
  return results.reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0);
}

describe('the whole engine under a simulated clock, a seeded scheduler and faults', () => {
  const results: SimulationResult[] = [];

  test('keeps its promises at every step of every seed', async () => {
    for (const seed of SEEDS) {
      const result = await simulate({ seed, steps: STEPS });
      assert.equal(result.violation, null, failureText(result, STEPS));
      results.push(result);
    }
  });

  test('answers most commands, and meets every fault', () => {
    if (SEED !== undefined) return;
    const due = total(results, 'submitted') - total(results, 'conflicts');
    const share = total(results, 'answered') / due;
    assert.ok(share >= ANSWERED_SHARE_MIN, `only ${share} of ${due} commands were answered`);
    for (const name of [
      'repeated',
      'fallbacks',
      'conflicts',
      'crashes',
      'rivals',
      'failures',
      'losses',
      'badInputs',
      'freezes',
      'publications',
      'revisions',
    ]) {
      assert.ok(total(results, name) >= 20, `${name}: ${total(results, name)}`);
    }
    assert.ok(total(results, 'unresolved') >= 5);
    assert.ok(total(results, 'decisions') > 1000);
    assert.ok(total(results, 'snapshots') > 1000);
  });

  test('a seed repeats a run, step for step', async () => {
    const [first, again, other] = [
      await simulate({ seed: 11, steps: 120 }),
      await simulate({ seed: 11, steps: 120 }),
      await simulate({ seed: 12, steps: 120 }),
    ];
    assert.deepEqual(again.trace, first.trace);
    assert.equal(again.traceHash, first.traceHash);
    assert.notEqual(other.traceHash, first.traceHash);
  });
});

describe('the simulation finds', () => {
  for (const { name, breaks, plant } of PLANTED_DEFECTS) {
    test(name, async () => {
      for (let seed = 1; seed <= DETECTION_SEEDS_MAX; seed++) {
        const result = await simulate({ seed, steps: STEPS, plant });
        if (result.violation === null) continue;
        const { invariant, message } = result.violation;
        assert.ok(breaks.includes(invariant), `found as ${message}`);
        assert.match(failureText(result, STEPS), new RegExp(`--seed ${seed} --steps ${STEPS}`));
        const again = await simulate({ seed, steps: STEPS, plant });
        assert.equal(again.violation?.message, message);
        return;
      }
      assert.fail(`not found within ${DETECTION_SEEDS_MAX} seeds`);
    });
  }
});
