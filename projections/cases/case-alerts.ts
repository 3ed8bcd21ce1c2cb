import { type BaseCurrency, baseAmount } from '../../src/domain/base-amount.ts';
import { severityOf } from '../../src/domain/decision.ts';
import type { AlertRaised, Fact, SideEventRecorded, TransactionDecided } from '../../src/domain/records.ts';

/** An alert that belongs into a case. Times are ms. */
export type CaseAlert = {
  readonly subject: { readonly kind: string; readonly id: string };
  readonly transactionId: string | null;
  readonly outcome: string | null;
  readonly score: number;
  readonly amount: number;
  readonly reasons: readonly string[];
  readonly occurredAtMs: number;
};

/** Decisions to review or decline, and what rules for logins, signals and views find of somebody; null otherwise. */
export function caseAlertOf(fact: Fact, currency: BaseCurrency): CaseAlert | null {
  switch (fact.type) {
    case 'TransactionDecided':
      return ofDecision(fact, currency);
    case 'SideEventRecorded':
      return ofSideEvent(fact);
    case 'AlertRaised':
      return ofView(fact);
    default:
      return null;
  }
}

function ofDecision({ decision, transaction }: TransactionDecided, currency: BaseCurrency): CaseAlert | null {
  if (severityOf(decision.outcome) < severityOf('review')) return null;
  return {
    subject: { kind: 'account', id: transaction.accountId },
    transactionId: transaction.transactionId,
    outcome: decision.outcome,
    score: decision.score,
    amount: baseAmount(transaction.amountMinor, transaction.currency, currency) ?? 0,
    reasons: decision.reasons.map(({ code }) => code),
    occurredAtMs: Date.parse(transaction.occurredAt),
  };
}

function ofSideEvent({ event, assessment }: SideEventRecorded): CaseAlert | null {
  if (assessment === null || assessment.reasons.length === 0) return null;
  if (event.type !== 'login' && event.type !== 'signal') return null;
  const { accountId, deviceId = '' } = event;
  return {
    subject: accountId === undefined ? { kind: 'device', id: deviceId } : { kind: 'account', id: accountId },
    transactionId: null,
    outcome: null,
    score: assessment.score,
    amount: 0,
    reasons: assessment.reasons.map(({ code }) => code),
    occurredAtMs: Date.parse(event.occurredAt),
  };
}

function ofView({ state, place, score, reason, occurredAt }: AlertRaised): CaseAlert | null {
  if (state !== 'active') return null;
  for (const kind of ['account', 'card', 'device']) {
    const id = place.group[`${kind}Id`];
    if (typeof id !== 'string' || id === '') continue;
    const occurredAtMs = Date.parse(occurredAt);
    return {
      subject: { kind, id },
      transactionId: null,
      outcome: null,
      score,
      amount: 0,
      reasons: [reason],
      occurredAtMs,
    };
  }
  return null;
}
