import { readFileSync } from 'node:fs';
import { DEFAULT_RULESET_FILE } from '../../src/cli/engine-server.ts';
import { encodeFact } from '../../src/codec/mod.ts';
import type { Decision, Outcome, Reason } from '../../src/domain/decision.ts';
import type { Fact } from '../../src/domain/records.ts';
import type { StoredRecord } from '../../src/ports/event-log.ts';
import { randomNumbers } from '../payments.ts';

const CARDS = 200_000;
const MERCHANTS = 5_000;
const COUNTRIES = ['DE', 'FR', 'IT', 'ES', 'NL', 'PL', 'US', 'GB'];
const RULES = 30;
const START_MS = Date.UTC(2026, 0, 5);
/** Twelve and a half payments a second: a million in a day. */
const STEP_MS = 80;

function recordOf(position: number, recordId: string, fact: Fact): StoredRecord {
  return { position, recordId, type: fact.type, body: encodeFact(fact), streams: [] };
}

/**
 * Records of decisions as a log of many cards has them: one in twenty is not approved, one in twenty is from a device
 * of somebody else, merchants are few and some are busy. The first record is the ruleset.
 */
export function decidedRecords(seed: number): (index: number) => StoredRecord {
  const random = randomNumbers(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  const ruleset = readFileSync(DEFAULT_RULESET_FILE, 'utf8');
  return (index) => {
    const at = new Date(START_MS + index * STEP_MS).toISOString();
    if (index === 0) {
      return recordOf(1, 'ruleset', { type: 'RulesetPublished', version: 'v1', text: ruleset, recordedAt: at });
    }
    const outcome: Outcome = random() < 0.95 ? 'approve' : random() < 0.6 ? 'challenge' : 'decline';
    const reasons = outcome === 'approve' ? [] : [reasonOf(pick(RULES), outcome), reasonOf(pick(RULES), outcome)];
    const card = pick(CARDS);
    const device = random() < 0.05 ? pick(CARDS) : card;
    const transactionId = `txn-${index}`;
    const decision: Decision = {
      transactionId,
      outcome,
      score: reasons.length * 40,
      mode: 'full',
      responseCode: '00',
      reasons,
      shadow: [],
      failures: [],
      responses: [],
      rulesetVersion: 'v1',
      revisions: { account: 5, card: 3, device: 8 },
      decidedAt: at,
    };
    const transaction = {
      transactionId,
      type: 'purchase',
      occurredAt: at,
      cardId: `card-${card}`,
      accountId: `account-${card}`,
      deviceId: `device-${device}`,
      merchantId: `merchant-${Math.floor(MERCHANTS * random() ** 3)}`,
      ip: `10.${device >> 16}.${(device >> 8) & 255}.${device & 255}`,
      amountMinor: 1 + pick(100_000),
      currency: 'EUR',
      channel: 'ecommerce',
      country: COUNTRIES[pick(COUNTRIES.length)] ?? 'DE',
      mcc: '5411',
    } as const;
    const features = Array.from({ length: 60 }, () => pick(100));
    return recordOf(index + 1, `t:${transactionId}`, { type: 'TransactionDecided', transaction, decision, features });
  };
}

function reasonOf(rule: number, outcome: Outcome): Reason {
  return { code: `RULE_${rule}`, ruleId: `rule-${rule}`, outcome, score: 40, evidence: { 'event.amount': 12 } };
}
