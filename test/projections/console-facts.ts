import type { Decision, Outcome } from '../../src/domain/decision.ts';
import type { Label, Transaction } from '../../src/domain/events.ts';
import type { DecisionSuperseded, Fact, TransactionDecided } from '../../src/domain/records.ts';
import { rulesetText } from '../support/ruleset-builder.ts';

const START_MS = Date.UTC(2026, 0, 5);

/** What differs between the decisions of a test. */
export type DecidedParts = {
  readonly card: string;
  readonly outcome: Outcome;
  readonly minute: number;
  readonly device?: string | undefined;
  readonly rule?: string | undefined;
  readonly shadowRule?: string | undefined;
  readonly country?: string | undefined;
  readonly currency?: string;
  readonly amountMinor?: number;
};

function timeOf(minute: number): string {
  return new Date(START_MS + minute * 60_000).toISOString();
}

function transactionOf(transactionId: string, parts: DecidedParts): Transaction {
  const { card, device, country, minute, currency = 'EUR', amountMinor = 100 } = parts;
  return {
    transactionId,
    type: 'purchase',
    occurredAt: timeOf(minute),
    cardId: card,
    accountId: `acc-${card}`,
    ...(device === undefined ? {} : { deviceId: device }),
    ...(country === undefined ? {} : { country }),
    amountMinor,
    currency,
    channel: 'ecommerce',
  };
}

function decisionOf(transactionId: string, { outcome, rule, shadowRule, minute }: DecidedParts): Decision {
  const reasonOf = (ruleId: string) => ({ code: ruleId.toUpperCase(), ruleId, outcome: 'decline' as const, score: 40 });
  const reasons = rule === undefined ? [] : [{ ...reasonOf(rule), evidence: {} }];
  return {
    transactionId,
    outcome,
    score: reasons.length * 40,
    mode: 'full',
    responseCode: '00',
    reasons,
    shadow: shadowRule === undefined ? [] : [{ ...reasonOf(shadowRule), evidence: {} }],
    failures: [],
    responses: [],
    rulesetVersion: 'v1',
    revisions: {},
    decidedAt: timeOf(minute),
  };
}

/** A decision, as the log has it. */
export function decidedOf(transactionId: string, parts: DecidedParts): TransactionDecided {
  return {
    type: 'TransactionDecided',
    transaction: transactionOf(transactionId, parts),
    decision: decisionOf(transactionId, parts),
    features: [],
  };
}

/** The answer of the fallback policy, which replaced a decision. */
export function supersededOf(id: string, parts: DecidedParts, before: Outcome, rule: string): DecisionSuperseded {
  return {
    type: 'DecisionSuperseded',
    transaction: transactionOf(id, parts),
    superseded: decisionOf(id, { ...parts, outcome: before, rule, shadowRule: 'far' }),
    decision: { ...decisionOf(id, parts), mode: 'fallback' },
  };
}

/** A label of a transaction. */
export function labelOf(eventId: string, transactionId: string, label: Label['label'], cardId: string): Fact {
  const event: Label = { type: 'label', eventId, occurredAt: timeOf(9), transactionId, label, cardId };
  return { type: 'SideEventRecorded', event, assessment: null, rulesetVersion: 'v1', recordedAt: timeOf(9) };
}

/** A login of an account from a device. */
export function loginOf(eventId: string, accountId: string, deviceId: string, minute: number): Fact {
  const occurredAt = timeOf(minute);
  const event = { type: 'login' as const, eventId, occurredAt, accountId, deviceId, status: 'succeeded' as const };
  return { type: 'SideEventRecorded', event, assessment: null, rulesetVersion: 'v1', recordedAt: occurredAt };
}

/** A ruleset with nothing but rates. */
export function publishedRates(rates: Readonly<Record<string, number>>): Fact {
  const text = rulesetText({
    name: 'rates',
    rates,
    features: [],
    rules: ['{ id: one, when: event.amount > 1e9, outcome: decline, score: 1, reason: ONE }'],
  });
  return { type: 'RulesetPublished', version: 'v1', text, recordedAt: timeOf(0) };
}
