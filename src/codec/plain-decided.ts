import { MODES, OUTCOMES } from '../domain/decision.ts';
import {
  AVS_RESULTS,
  CHANNELS,
  CVV_RESULTS,
  THREE_D_SECURE_RESULTS,
  TRANSACTION_TYPES,
  type Transaction,
} from '../domain/events.ts';
import type { TransactionDecided } from '../domain/records.ts';
import { canonicalIp } from './ip-address.ts';
import { type Check, isOneOf } from './plain-transaction.ts';
import type { RecordMembers } from './upcast.ts';

/** What each member has to be. */
type Form = Readonly<Record<string, Check>>;

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => Number.isFinite(value);
const isCount: Check = (value) => Number.isSafeInteger(value);
const isEmpty: Check = (value) => Array.isArray(value) && value.length === 0;

const LOCATION: Form = { latitude: isNumber, longitude: isNumber };
const NEEDED_OF_TRANSACTION = {
  transactionId: isText,
  type: isOneOf(TRANSACTION_TYPES),
  occurredAt: isText,
  cardId: isText,
  accountId: isText,
  amountMinor: isCount,
  currency: isText,
  channel: isOneOf(CHANNELS),
} satisfies Form;
const TRANSACTION: Form = {
  ...NEEDED_OF_TRANSACTION,
  deviceId: isText,
  merchantId: isText,
  ip: (value) => typeof value === 'string' && canonicalIp(value) === value,
  country: isText,
  mcc: isText,
  location: (value) => hasForm(value, LOCATION, 2),
  bin: isText,
  binCountry: isText,
  ipCountry: isText,
  billingCountry: isText,
  shippingCountry: isText,
  payeeId: isText,
  avsResult: isOneOf(AVS_RESULTS),
  cvvResult: isOneOf(CVV_RESULTS),
  threeDSecureResult: isOneOf(THREE_D_SECURE_RESULTS),
  producer: isText,
} satisfies Readonly<Record<keyof Transaction, Check>>;
const DECISION: Form = {
  transactionId: isText,
  outcome: isOneOf(OUTCOMES),
  score: isNumber,
  mode: isOneOf(MODES),
  responseCode: isText,
  reasons: isEmpty,
  shadow: isEmpty,
  failures: isEmpty,
  responses: isEmpty,
  rulesetVersion: isText,
  revisions: isRevisions,
  decidedAt: isText,
};
const DECISION_MEMBERS = Object.keys(DECISION).length;
const NEEDED = Object.entries(NEEDED_OF_TRANSACTION);

function isRevisions(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const name in value) if (name === '__proto__' || !isCount((value as RecordMembers)[name])) return false;
  return true;
}

/** Whether a value has members of a form only, so many of them, or any number where none is given. */
function hasForm(value: unknown, form: Form, count = -1): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const members = value as RecordMembers;
  let total = 0;
  for (const name in members) {
    if (!Object.hasOwn(form, name) || form[name]?.(members[name]) !== true) return false;
    total += 1;
  }
  return count === -1 || total === count;
}

function isTransaction(value: unknown): value is Transaction {
  if (!hasForm(value, TRANSACTION)) return false;
  const members = value as RecordMembers;
  for (const [name, check] of NEEDED) if (!check(members[name])) return false;
  return true;
}

function featuresOf(value: unknown): number[] | null {
  if (!Array.isArray(value)) return null;
  const features: number[] = [];
  for (const element of value) {
    if (element === null) features.push(Number.NaN);
    else if (typeof element === 'number') features.push(element);
    else return null;
  }
  return features;
}

/**
 * The fact of a record of a decision without hits, which most are, from its members at the current version: what the
 * schema makes of it, in a fifth of the time. Null where anything else is in it, for the schema to tell what.
 */
export function plainDecidedOf(members: RecordMembers): TransactionDecided | null {
  const { decisionLength, features, transaction, decision } = members;
  let total = 0;
  for (const _name in members) total += 1;
  if (total !== 4 || !isCount(decisionLength) || Number(decisionLength) <= 0) return null;
  if (!hasForm(decision, DECISION, DECISION_MEMBERS) || !isTransaction(transaction)) return null;
  const values = featuresOf(features);
  if (values === null) return null;
  return {
    type: 'TransactionDecided',
    transaction,
    decision: decision as TransactionDecided['decision'],
    features: values,
  };
}
