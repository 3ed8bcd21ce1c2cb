import { PalisadeError } from '../domain/errors.ts';
import type { Transaction } from '../domain/events.ts';
import type { Fact, FactType, LateArrival, RevisionCause } from '../domain/records.ts';
import { encodeAssessment, encodeDecision } from './decision-text.ts';
import { TRANSACTION_FIELDS } from './transaction-schema.ts';
import { currentVersionOf, UPCASTERS } from './upcast.ts';

const DECISION_HEAD = /^\{"v":\d{1,6},"decisionLength":([1-9]\d{0,8}),/;
const BEFORE_DECISION = ',"decision":';
const OVERTAKEN_TEXT = '"overtaken":true,';
/** Version, length of the decision and that the event was overtaken, each as long as it can be. */
const HEAD_LENGTH_MAX = 64;

/** How every body begins: the version of its form. */
function versionHead(type: FactType): string {
  return `{"v":${currentVersionOf(UPCASTERS[type])}`;
}

/** JSON of a feature value: null for NaN, a literal beyond the range (read back as infinity) for an infinity. */
function featureText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : `${value}`;
  return Number.isNaN(value) ? 'null' : value > 0 ? '1e999' : '-1e999';
}

/** Member of a record whose event came too late; empty for all others. */
function lateText(late: LateArrival | undefined): string {
  return late === undefined ? '' : `"late":${JSON.stringify(late)},`;
}

/** Member of a record whose event came after a later one of its entities; empty for all others. */
function overtakenText(isOvertaken: boolean): string {
  return isOvertaken ? OVERTAKEN_TEXT : '';
}

/** Features as an ordinary array, overwritten for each record: the JSON of one is a flat text, made at once. */
const scratch: number[] = [];

function featuresText(features: ArrayLike<number>): string {
  scratch.length = features.length;
  let isPlain = true;
  for (let index = 0; index < features.length; index++) {
    const value = features[index] ?? Number.NaN;
    scratch[index] = value;
    isPlain &&= Number.isFinite(value) && !Object.is(value, -0);
  }
  return isPlain ? JSON.stringify(scratch) : `[${scratch.map(featureText).join(',')}]`;
}

/** A body that ends in the decision, whose length stands at a fixed place: the decision can be cut out as it is. */
function withDecisionLast(type: FactType, members: string, decisionText: string): string {
  return `${versionHead(type)},"decisionLength":${decisionText.length},${members}${BEFORE_DECISION}${decisionText}}`;
}

/**
 * Record body of a transaction and its decision. Both texts are embedded as they are: `transactionText` is the JSON
 * that `parseTransaction` accepted, `decisionText` what `encodeDecision` gave. O(length), no parsing.
 */
export function encodeTransactionDecided(
  transactionText: string,
  decisionText: string,
  features: readonly number[] | Float64Array,
  late: LateArrival | undefined = undefined,
  isOvertaken = false,
): string {
  const disorder = overtakenText(isOvertaken);
  const members = `${disorder}"features":${featuresText(features)},${lateText(late)}"transaction":${transactionText}`;
  return withDecisionLast('TransactionDecided', members, decisionText);
}

/**
 * The decision inside the body of a TransactionDecided or a DecisionSuperseded, byte for byte as it was encoded. Throws
 * RECORD_UNREADABLE where the body is not as this module writes it. O(length of the decision).
 */
export function decisionTextOf(body: string): string {
  const head = DECISION_HEAD.exec(body);
  const start = body.length - 1 - Number(head?.[1]);
  if (
    head !== null &&
    start - BEFORE_DECISION.length >= head[0].length &&
    body.startsWith(`${BEFORE_DECISION}{`, start - BEFORE_DECISION.length) &&
    body.endsWith('}}')
  ) {
    return body.slice(start, -1);
  }
  throw new PalisadeError(
    'RECORD_UNREADABLE',
    `Cannot cut the decision out of a record as its form is not known: current length is ${body.length} characters. ` +
      'Run "palisade log verify".',
  );
}

/** Whether the body of a record may say that its event was overtaken: false is certain. O(1): it stands at its head. */
export function mayBeOvertaken(body: string): boolean {
  return body.slice(0, HEAD_LENGTH_MAX).includes(OVERTAKEN_TEXT);
}

/** Member of a decision that a late event revised; empty for all others. */
function revisedText(revisedBy: RevisionCause | undefined): string {
  return revisedBy === undefined ? '' : `"revisedBy":${JSON.stringify(revisedBy)},`;
}

/** JSON of a transaction, members in the order of the schema. */
function transactionText(transaction: Transaction): string {
  return JSON.stringify(transaction, [...TRANSACTION_FIELDS, 'latitude', 'longitude']);
}

/**
 * Record body of a fact: JSON with the version of its form in `v`. `decodeFact` gives an equal fact back. A transaction
 * is written in the order of the schema; use `encodeTransactionDecided` where its own text is at hand.
 */
export function encodeFact(fact: Fact): string {
  switch (fact.type) {
    case 'TransactionDecided':
      return encodeTransactionDecided(
        transactionText(fact.transaction),
        encodeDecision(fact.decision),
        fact.features,
        fact.late,
        fact.overtaken,
      );
    case 'DecisionSuperseded':
      return withDecisionLast(
        fact.type,
        `${lateText(fact.late)}${revisedText(fact.revisedBy)}"transaction":${transactionText(fact.transaction)},` +
          `"superseded":${encodeDecision(fact.superseded)}`,
        encodeDecision(fact.decision),
      );
    case 'ApprovalUnheard': {
      const recordedAt = JSON.stringify(fact.recordedAt);
      return `${versionHead(fact.type)},"transaction":${transactionText(fact.transaction)},"recordedAt":${recordedAt}}`;
    }
    case 'SideEventRecorded': {
      const assessment = fact.assessment === null ? 'null' : encodeAssessment(fact.assessment);
      return (
        `${versionHead(fact.type)},${overtakenText(fact.overtaken ?? false)}${lateText(fact.late)}` +
        `"event":${JSON.stringify(fact.event)},` +
        `"assessment":${assessment},` +
        `"rulesetVersion":${JSON.stringify(fact.rulesetVersion)},"recordedAt":${JSON.stringify(fact.recordedAt)}}`
      );
    }
    default: {
      const { type, ...members } = fact;
      return `${versionHead(type)},${JSON.stringify(members).slice(1)}`;
    }
  }
}
