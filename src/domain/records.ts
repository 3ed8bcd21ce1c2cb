import type { Assessment, Decision } from './decision.ts';
import type { EntitySideEvent, TableRow, Transaction } from './events.ts';
import type { ListEntry, ListKind, ListName, Suppression } from './lists.ts';

/** A transaction, what was decided about it and by which ruleset: one durable fact for every actor it touched. */
export type TransactionDecided = {
  readonly type: 'TransactionDecided';
  readonly transaction: Transaction;
  readonly decision: Decision;
  /** Values of the ruleset's features at the time, in the ruleset's order. */
  readonly features: readonly number[];
};

/** The caller was answered by the fallback policy after the full decision had gone to the log: this is what counts. */
export type DecisionSuperseded = {
  readonly type: 'DecisionSuperseded';
  readonly transaction: Transaction;
  /** What the log held for the transaction, and what the caller was told. */
  readonly superseded: Decision;
  readonly decision: Decision;
};

/** A login, signal, reference or label event, and what the rules for its source said. */
export type SideEventRecorded = {
  readonly type: 'SideEventRecorded';
  readonly event: EntitySideEvent;
  readonly assessment: Assessment | null;
  readonly rulesetVersion: string;
  readonly recordedAt: string;
};

/** A row of a table, or its removal: a fact of the table's stream. */
export type TableRowRecorded = {
  readonly type: 'TableRowRecorded';
  readonly row: TableRow;
  readonly recordedAt: string;
};

export type ListEntrySet = { readonly type: 'ListEntrySet'; readonly entry: ListEntry; readonly recordedAt: string };
export type ListEntryRemoved = {
  readonly type: 'ListEntryRemoved';
  readonly list: ListName;
  readonly kind: ListKind;
  readonly value: string;
  readonly recordedAt: string;
};
export type SuppressionSet = {
  readonly type: 'SuppressionSet';
  readonly suppression: Suppression;
  readonly recordedAt: string;
};
export type SuppressionRemoved = {
  readonly type: 'SuppressionRemoved';
  readonly ruleId: string;
  readonly kind: string;
  readonly id: string;
  readonly recordedAt: string;
};
export type RulesetPublished = {
  readonly type: 'RulesetPublished';
  readonly version: string;
  readonly text: string;
  readonly recordedAt: string;
};

/** Everything the log can hold. */
export type Fact =
  | TransactionDecided
  | DecisionSuperseded
  | SideEventRecorded
  | TableRowRecorded
  | ListEntrySet
  | ListEntryRemoved
  | SuppressionSet
  | SuppressionRemoved
  | RulesetPublished;

export type FactType = Fact['type'];

/** Stream of list and suppression changes, and stream of published rulesets. */
export const LISTS_STREAM = 'lists';
export const RULESETS_STREAM = 'rulesets';
