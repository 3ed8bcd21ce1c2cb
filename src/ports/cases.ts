import type { CaseAction } from '../domain/case-facts.ts';
import type { Outcome } from '../domain/decision.ts';
import type { Position, Revision } from '../domain/entities.ts';
import type { LabelName, Page, PageQuery, TimeRange } from './console.ts';

export type CaseStatus = 'open' | 'resolved';

/** A case in the queue. `priority` is its score and a point for each hour since its last alert, at most 50. */
export type CaseRow = {
  readonly caseId: string;
  readonly subject: { readonly kind: 'account' | 'card' | 'device'; readonly id: string };
  readonly status: CaseStatus;
  readonly openedAt: string;
  readonly lastAlertAt: string;
  readonly alerts: number;
  readonly score: number;
  readonly priority: number;
  /** Of its decisions, major units of the base currency. */
  readonly amount: number;
  readonly reasons: readonly string[];
  readonly assignee: string | null;
  readonly lockedUntil: string | null;
  readonly snoozedUntil: string | null;
  readonly notes: number;
  readonly label: LabelName | null;
  readonly resolvedBy: string | null;
  readonly resolvedAt: string | null;
  readonly revision: Revision;
};

export type CaseAlert = {
  readonly position: Position;
  readonly transactionId: string | null;
  readonly outcome: Outcome | null;
  readonly score: number;
  readonly amount: number;
  readonly reasons: readonly string[];
  readonly occurredAt: string;
};

/** One line of a case's audit trail. */
export type CaseChange = {
  readonly position: Position;
  readonly action: CaseAction;
  readonly by: string;
  readonly assignee: string | null;
  readonly until: string | null;
  readonly note: string;
  readonly label: LabelName | null;
  readonly recordedAt: string;
};

export type CaseDetail = {
  readonly position: Position;
  readonly row: CaseRow;
  /** Newest first, 500 at most. */
  readonly alerts: readonly CaseAlert[];
  readonly history: readonly CaseChange[];
};

export const CASE_SORTS = ['priority', 'openedAt', 'lastAlertAt', 'amount', 'score'] as const;
export type CaseSort = (typeof CASE_SORTS)[number];

/** Filters of the list of cases; the time range is of the last alert. */
export type CaseFilter = TimeRange & {
  readonly status: CaseStatus | 'all';
  readonly kind: 'account' | 'card' | 'device' | null;
  readonly subjectId: string | null;
  readonly assignee: string | null;
  readonly reason: string | null;
  readonly scoreMin: number | null;
  readonly search: string;
  /** None for all. */
  readonly caseIds: readonly string[];
};

/** No filter: all cases that are open. */
export const ANY_OPEN_CASE: CaseFilter = {
  status: 'open',
  kind: null,
  subjectId: null,
  assignee: null,
  reason: null,
  scoreMin: null,
  search: '',
  caseIds: [],
  fromMs: null,
  toMs: null,
};
export type CaseListQuery = CaseFilter & PageQuery & { readonly sort: CaseSort; readonly descending: boolean };
export type CaseQuery = CaseListQuery & {
  /** Only cases that nobody holds and that are not snoozed. */
  readonly isWaiting: boolean;
  readonly nowMs: number;
};
/** `total` is how many cases meet the filters. */
export type CasePage = Page<CaseRow> & { readonly total: number };

/** What a person asks for: members that the action does not use are null or ''. */
export type CaseOrder = {
  readonly action: CaseAction;
  readonly by: string;
  readonly assignee: string | null;
  readonly until: string | null;
  readonly note: string;
  readonly label: LabelName | null;
};

/** What became of an order: where it stands in the log, and how many transactions were labelled. */
export type CaseReceipt = { readonly caseId: string; readonly position: Position; readonly labelled: number };

/** Cases as people work on them. Rejects with CASE_REFUSED where the case does not allow it, or a LOG_ error. */
export interface Cases {
  list(query: CaseListQuery): Promise<CasePage>;
  read(caseId: string): Promise<CaseDetail | null>;
  /** Takes the first case that waits, for some minutes; null where none does. */
  takeNext(by: string): Promise<CaseReceipt | null>;
  /** Null where there is no such case. */
  order(caseId: string, order: CaseOrder): Promise<CaseReceipt | null>;
  /** Records what became of a transaction, as told by a person. Null where it was never decided about. */
  label(transactionId: string, label: LabelName, eventId: string | null): Promise<{ readonly eventId: string } | null>;
}
