import type { CaseChanged } from './case-facts.ts';
import type { Assessment, Decision, EvidenceValue } from './decision.ts';
import type { DraftChanged, PublicationOrigin } from './draft-facts.ts';
import type { ActorKind, Position, Revision } from './entities.ts';
import type { EntitySideEvent, Metric, TableRow, Transaction } from './events.ts';
import type { ListEntry, ListKind, ListName, Suppression } from './lists.ts';
import type { SagaAdvanced } from './sagas.ts';
import type { LatePolicy } from './views.ts';

/** Features of one actor that an event changed which came too late: what they were without it, and are with it. */
export type FeatureCorrection = {
  readonly kind: ActorKind;
  readonly id: string;
  /** Revision, in the actor's stream, of the record that had told them last. */
  readonly corrects: Revision;
  readonly before: Readonly<Record<string, number>>;
  readonly after: Readonly<Record<string, number>>;
};

/** An event came later than the ruleset allows for features, and what became of it. */
export type LateArrival = {
  /** `drop` and `side_output` leave the event out of every window. */
  readonly policy: LatePolicy;
  /** The watermark of its stream at the time, RFC 3339 UTC. */
  readonly watermark: string;
  /** Empty unless the policy is `correct`. */
  readonly corrections: readonly FeatureCorrection[];
};

/** The late event that had an approval evaluated anew, and what it corrects. */
export type RevisionCause = {
  /** Position of the record of the decision that is corrected. */
  readonly corrects: Position;
  readonly causePosition: Position;
  readonly causeId: string;
  /** Event time of the late event, RFC 3339 UTC. */
  readonly occurredAt: string;
};

/**
 * A transaction, what was decided about it and by which ruleset: one durable fact for every actor it touched.
 * `overtaken` where one of them had seen a later event before, and the ruleset has late events correct.
 */
export type TransactionDecided = {
  readonly type: 'TransactionDecided';
  readonly transaction: Transaction;
  readonly decision: Decision;
  /** Values of the ruleset's features at the time, in the ruleset's order. */
  readonly features: readonly number[];
  readonly late?: LateArrival;
  readonly overtaken?: true;
};

/**
 * Another decision counts than the one that the log had: as the caller was answered by the fallback policy after that
 * one had gone to the log, or, with `revisedBy`, as an event that came late makes it another one than the caller was
 * told.
 */
export type DecisionSuperseded = {
  readonly type: 'DecisionSuperseded';
  readonly transaction: Transaction;
  /** What counted so far, and what counts from here on. */
  readonly superseded: Decision;
  readonly decision: Decision;
  readonly late?: LateArrival;
  readonly revisedBy?: RevisionCause;
};

/** An approval reached nobody: its caller's connection was gone, and nobody asked again before the deadline. */
export type ApprovalUnheard = {
  readonly type: 'ApprovalUnheard';
  readonly transaction: Transaction;
  readonly recordedAt: string;
};

/** A login, signal, reference or label event, and what the rules for its source said. */
export type SideEventRecorded = {
  readonly type: 'SideEventRecorded';
  readonly event: EntitySideEvent;
  readonly assessment: Assessment | null;
  readonly rulesetVersion: string;
  readonly recordedAt: string;
  readonly late?: LateArrival;
  /** As of a transaction. */
  readonly overtaken?: true;
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
  readonly by?: string;
  readonly recordedAt: string;
};
export type RulesetPublished = {
  readonly type: 'RulesetPublished';
  readonly version: string;
  readonly text: string;
  /** Absent in records of before origins were told. */
  readonly origin?: PublicationOrigin;
  readonly recordedAt: string;
};

/** A measurement of a device. It belongs to no stream: views read it, entities do not. */
export type MetricRecorded = { readonly type: 'MetricRecorded'; readonly metric: Metric; readonly recordedAt: string };

/** Where in a view something happened; times are RFC 3339 UTC, and null where the view has no window. */
export type ViewPlace = {
  readonly view: string;
  readonly rowId: string;
  readonly group: Readonly<Record<string, EvidenceValue>>;
  readonly windowStart: string | null;
  readonly windowEnd: string | null;
};

/** A rule on a view found a row: said once for each rule and row, whatever crashes in between. */
export type AlertRaised = {
  readonly type: 'AlertRaised';
  readonly ruleId: string;
  readonly state: 'active' | 'shadow';
  readonly reason: string;
  readonly score: number;
  readonly responses: readonly string[];
  readonly place: ViewPlace;
  readonly row: Readonly<Record<string, EvidenceValue>>;
  /** Position in the log, and event time, of the event that made the row so. */
  readonly causePosition: number;
  readonly occurredAt: string;
  readonly rulesetVersion: string;
  readonly recordedAt: string;
};

/** A result of a view that had closed is another one: what it was, what it is, and which event came so late. */
export type ResultCorrected = {
  readonly type: 'ResultCorrected';
  readonly place: ViewPlace;
  /** Number of the change in the view that this one corrects; null where the row had not been shown. */
  readonly corrects: number | null;
  readonly before: Readonly<Record<string, EvidenceValue>> | null;
  readonly after: Readonly<Record<string, EvidenceValue>> | null;
  readonly causePosition: number;
  readonly causeId: string;
  readonly recordedAt: string;
};

/** An event came after its windows in a view had closed, and was put aside. */
export type EventDiverted = {
  readonly type: 'EventDiverted';
  readonly view: string;
  readonly causePosition: number;
  readonly causeId: string;
  readonly occurredAt: string;
  readonly watermark: string;
  readonly recordedAt: string;
};

/** Name under which what came too late for features is told, beside the views; no view's name has a dot. */
export const LATE_FEATURES = 'engine.features';

/** Everything the log can hold. */
export type Fact =
  | TransactionDecided
  | DecisionSuperseded
  | ApprovalUnheard
  | MetricRecorded
  | AlertRaised
  | ResultCorrected
  | EventDiverted
  | SideEventRecorded
  | TableRowRecorded
  | ListEntrySet
  | ListEntryRemoved
  | SuppressionSet
  | SuppressionRemoved
  | RulesetPublished
  | CaseChanged
  | DraftChanged
  | SagaAdvanced;

export type FactType = Fact['type'];

/** Stream of list and suppression changes, and stream of published rulesets. */
export const LISTS_STREAM = 'lists';
export const RULESETS_STREAM = 'rulesets';
