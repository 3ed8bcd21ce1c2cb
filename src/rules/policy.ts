import {
  type Assessment,
  type Mode,
  type Outcome,
  type Reason,
  type RuleFailure,
  severityOf,
} from '../domain/decision.ts';
import type { Policy, ResponseCodes, Ruleset } from './ruleset.ts';

const SCORE_MAX = 100;

/** What the rules and lists found about one transaction. */
export type Findings = {
  readonly hits: readonly Reason[];
  readonly shadow: readonly Reason[];
  readonly failures: readonly RuleFailure[];
  readonly responses: readonly string[];
  /** A failure that counts makes the decision degraded; that of a shadow rule does not. */
  readonly isDegraded: boolean;
  readonly isBlocked: boolean;
  /** An allow entry holds, and no entity stands frozen, closed, locked or blocked. */
  readonly isAllowed: boolean;
};

/** The more severe of two outcomes. */
export function moreSevere(left: Outcome, right: Outcome): Outcome {
  return severityOf(left) >= severityOf(right) ? left : right;
}

/** What a score alone comes to by the thresholds. */
export function outcomeOfScore(policy: Policy, score: number): Outcome {
  const { challenge, review, decline } = policy.thresholds;
  if (score >= decline) return 'decline';
  if (score >= review) return 'review';
  return score >= challenge ? 'challenge' : 'approve';
}

/**
 * Folds findings into an assessment. Precedence: a block entry declines; else an allow entry approves and asks for no
 * response; else the most severe of the hits' outcomes, the failures' and that of the score. A further hit never makes
 * the outcome milder, as every part of that is a maximum over hits or grows with the score.
 */
export function foldFindings(policy: Policy, findings: Findings): Assessment {
  let sum = 0;
  let outcome: Outcome = 'approve';
  for (const hit of findings.hits) {
    sum += hit.score;
    outcome = moreSevere(outcome, hit.outcome);
  }
  for (const failure of findings.failures) outcome = moreSevere(outcome, failure.resolvedAs);
  const score = Math.min(SCORE_MAX, sum);
  outcome = moreSevere(outcome, outcomeOfScore(policy, score));
  const overruled = findings.isAllowed && !findings.isBlocked;
  if (findings.isBlocked) outcome = 'decline';
  else if (overruled) outcome = 'approve';
  return {
    outcome,
    score,
    mode: findings.isDegraded ? 'degraded' : 'full',
    reasons: findings.hits,
    shadow: findings.shadow,
    failures: findings.failures,
    responses: overruled ? [] : findings.responses,
  };
}

/**
 * The answer past the deadline, by channel and amount (major units of the base currency; NaN where it is not known,
 * which fits no `amount_max`). Pure: it looks at no rule and no state.
 */
export function fallbackDecision(
  ruleset: Ruleset,
  request: { readonly channel: string; readonly amount: number },
): Assessment {
  const entry = ruleset.policy.fallback.find(
    ({ channel, amountMax }) =>
      (channel === null || channel === request.channel) && (amountMax === null || request.amount <= amountMax),
  );
  const outcome = entry?.outcome ?? 'decline';
  const amount = Number.isFinite(request.amount) ? { 'event.amount': request.amount } : {};
  const evidence = { 'event.channel': request.channel, ...amount };
  const reason: Reason = { code: 'DEADLINE_FALLBACK', ruleId: 'fallback', outcome, score: 0, evidence };
  return { outcome, score: 0, mode: 'fallback', reasons: [reason], shadow: [], failures: [], responses: [] };
}

/** What to record for a transaction whose currency has no rate: the decision is degraded, and at least this severe. */
export function unknownCurrencyFailure(ruleset: Ruleset, currency: string): RuleFailure {
  const message = `there is no rate from ${currency} to ${ruleset.currency.base}`;
  return { ruleId: 'currency', message, resolvedAs: ruleset.policy.unknownCurrency };
}

/** The suggested ISO 8583 field 39 for an outcome. */
export function responseCodeOf(ruleset: Ruleset, outcome: Outcome, mode: Mode): string {
  const { responseCodes, fallbackResponseCodes } = ruleset.policy;
  return (mode === 'fallback' ? fallbackResponseCodes : responseCodes)[outcome];
}

/** Codes of a ruleset that states none: approved, additional authentication, refer to issuer, suspected fraud. */
export const DEFAULT_RESPONSE_CODES: ResponseCodes = { approve: '00', challenge: '1A', review: '01', decline: '59' };

/** Codes past the deadline: nothing is known about fraud, so declines say "do not honour". */
export const DEFAULT_FALLBACK_RESPONSE_CODES: ResponseCodes = {
  approve: '00',
  challenge: '1A',
  review: '01',
  decline: '05',
};
