import type { CaseAction } from '../../src/domain/case-facts.ts';
import type { CaseAlert, CaseChange, CaseReceipt, CaseRow } from '../../src/ports/cases.ts';
import type { LabelName } from '../../src/ports/console.ts';
import type { AsOf } from '../../src/ports/projections.ts';
import { pause } from '../platform.ts';
import { callJson, withQuery } from './api-call.ts';
import type { ListAnswer } from './endpoints.ts';

export type { CaseAction, CaseAlert, CaseChange, CaseRow, LabelName };

export const LABEL_NAMES: readonly LabelName[] = ['fraud', 'legitimate', 'chargeback'];

/** A page of the queue. */
export type CaseList = ListAnswer<CaseRow> & { readonly total: number };
export type CaseAnswer = {
  readonly row: CaseRow;
  readonly alerts: readonly CaseAlert[];
  readonly history: readonly CaseChange[];
  readonly asOf: AsOf;
};

/** What to do, and what goes with it. */
export type CaseOrderBody = {
  readonly assignee?: string;
  readonly until?: string;
  readonly note?: string;
  readonly label?: LabelName;
};

/** A page of the cases that fit. 404 where the engine has no cases. */
export function listCases(
  query: Readonly<Record<string, string | number | undefined>>,
  signal?: AbortSignal,
): Promise<CaseList> {
  return callJson(withQuery('/v1/cases', query), signal === undefined ? {} : { signal });
}

/** One case with its alerts and its history. */
export function readCase(id: string, signal: AbortSignal): Promise<CaseAnswer> {
  return callJson(`/v1/cases/${encodeURIComponent(id)}`, { signal });
}

/** Takes the first case that waits; its id, or null where none does. Answers when the lists have it. */
export async function takeNextCase(): Promise<string | null> {
  const answer = await callJson<{ readonly case: CaseReceipt | null }>('/v1/cases/next', { method: 'POST' });
  if (answer.case === null) return null;
  await seen(answer.case.position);
  return answer.case.caseId;
}

/** Does something with a case. Answers when the lists have it. */
export async function orderCase(id: string, action: CaseAction, body: CaseOrderBody): Promise<void> {
  const path = `/v1/cases/${encodeURIComponent(id)}/${action}`;
  const receipt = await callJson<CaseReceipt>(path, { method: 'POST', body: JSON.stringify(body) });
  await seen(receipt.position);
}

export type BulkAnswer = {
  readonly count: number;
  readonly done: readonly CaseReceipt[];
  readonly refused: readonly { readonly caseId: string; readonly reason: string }[];
};

/** What to do with many cases. */
export type BulkOrder = CaseOrderBody & { readonly action: CaseAction };

/** Does the same with many cases; with `preview` only tells how many there are. */
export async function changeCases(caseIds: readonly string[], order: BulkOrder, preview: boolean): Promise<BulkAnswer> {
  const body = JSON.stringify({ ...order, caseIds, preview });
  const answer = await callJson<BulkAnswer>('/v1/cases/bulk', { method: 'POST', body });
  await seen(Math.max(0, ...answer.done.map(({ position }) => position)));
  return answer;
}

/** Says what became of a transaction. */
export function labelTransaction(transactionId: string, label: LabelName): Promise<unknown> {
  return callJson('/v1/labels', { method: 'POST', body: JSON.stringify({ transactionId, label }) });
}

const LOOKS_MAX = 30;
const LOOK_MS = 100;

/** Waits, for a few seconds at most, until the lists reflect a position of the log. */
async function seen(position: number): Promise<void> {
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const { asOf } = await listCases({ limit: 1, status: 'all' });
    if (asOf.position >= position) return;
    await pause(LOOK_MS, new AbortController().signal);
  }
}
