import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseRuleset } from '../../src/rules/mod.ts';
import { startRig } from '../support/engine-rig.ts';
import { DEFAULT_PATTERNS, type Step } from './default-patterns.ts';

const TEXT = readFileSync(new URL('../../rulesets/default.yaml', import.meta.url), 'utf8');
const PARSED = parseRuleset(TEXT);

/** Ids of rules that raised an alert, by the reason that a receipt tells. */
function idsOfReasons(reasons: readonly string[]): string[] {
  const rules = PARSED.ok ? PARSED.ruleset.rules : [];
  return rules.filter(({ on, reason }) => on !== 'transaction' && reasons.includes(reason)).map(({ id }) => id);
}

/** Plays events through an engine of their own with the default ruleset; the rules that fired at the last one. */
async function firedAtLast(steps: readonly Step[]): Promise<string[]> {
  const { engine, authorize } = await startRig();
  await engine.publishRuleset(TEXT);
  let fired: string[] = [];
  for (const step of steps) {
    if ('other' in step) {
      fired = idsOfReasons((await engine.record(step.other)).alerts);
      continue;
    }
    const decision: { reasons: { ruleId: string }[]; failures: unknown[] } = JSON.parse(
      (await authorize(step.payment)).body,
    );
    assert.deepEqual(decision.failures, []);
    fired = decision.reasons.map(({ ruleId }) => ruleId);
  }
  return fired;
}

describe('the default ruleset, from events alone', () => {
  test('has a played pattern for 25 rules and more, each of them a rule of its own', () => {
    const ids = PARSED.ok ? PARSED.ruleset.rules.map(({ id }) => id) : [];
    const unknown = Object.keys(DEFAULT_PATTERNS).filter((id) => !ids.includes(id));
    assert.deepEqual(unknown, []);
    assert.ok(Object.keys(DEFAULT_PATTERNS).length >= 25);
  });

  for (const [id, { fires, misses }] of Object.entries(DEFAULT_PATTERNS)) {
    test(`${id} fires on its pattern, and not just beside it`, async () => {
      const [at, beside] = [await firedAtLast(fires), await firedAtLast(misses)];
      assert.ok(at.includes(id), `fired: ${at.join(', ')}`);
      assert.ok(!beside.includes(id), `fired: ${beside.join(', ')}`);
    });
  }
});
