import type { LABELS } from './events.ts';

/** What people do with a case. */
export const CASE_ACTIONS = ['take', 'release', 'assign', 'note', 'snooze', 'resolve', 'reopen'] as const;
export type CaseAction = (typeof CASE_ACTIONS)[number];

/** One thing that a person did with a case: a fact of the case's stream, and its audit trail. */
export type CaseChanged = {
  readonly type: 'CaseChanged';
  readonly caseId: string;
  readonly action: CaseAction;
  /** Id of the key that called; '' where calls need none. */
  readonly by: string;
  /** Whose the case is from now on; null for nobody, where the action says so. */
  readonly assignee: string | null;
  /** End of the lock, or of the snooze, RFC 3339 UTC. */
  readonly until: string | null;
  readonly note: string;
  /** What a resolution says of its transactions. */
  readonly label: (typeof LABELS)[number] | null;
  readonly recordedAt: string;
};

/** Stream of a case. */
export function caseStreamOf(caseId: string): string {
  return `case-${caseId}`;
}
