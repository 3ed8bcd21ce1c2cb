import type { EvidenceValue, Outcome } from '../domain/decision.ts';
import type { CompiledRules } from './compiled-rules.ts';
import type { RuleContext } from './rule-context.ts';
import type { RuleState } from './ruleset.ts';

/** One rule, what it came to for an event, and the values that its condition read. */
export type ExaminedRule = {
  readonly ruleId: string;
  readonly state: RuleState;
  readonly when: string;
  readonly outcome: Outcome | 'alert';
  readonly score: number;
  readonly reason: string;
  readonly verdict: 'hit' | 'miss' | 'failed';
  /** Why it failed; '' otherwise. */
  readonly message: string;
  /** Switched off for an entity of the event at the time. */
  readonly isSuppressed: boolean;
  readonly values: Readonly<Record<string, EvidenceValue>>;
};

/** Every active and shadow rule for the event that was assessed last, whether it hit or not. O(rules). */
export function examineRules(compiled: CompiledRules, context: RuleContext): readonly ExaminedRule[] {
  const scope = compiled.scopeOf(context);
  return compiled.bySource[context.event.source].map((each) => {
    const { id, state, when, outcome, score, reason } = each.rule;
    const verdict = each.judge(scope);
    const values: Record<string, EvidenceValue> = {};
    for (const { name, read } of each.evidence) {
      const value = read(context);
      if (value !== undefined) values[name] = value;
    }
    return {
      ruleId: id,
      state,
      when,
      outcome,
      score,
      reason,
      verdict: typeof verdict === 'string' ? verdict : 'failed',
      message: typeof verdict === 'string' ? '' : verdict.failure,
      isSuppressed: context.suppressions.isSuppressed(id, context.event, context.nowMs),
      values,
    };
  });
}
