import { call, callJson } from './api-call.ts';
import type { Kind } from './endpoints.ts';

/** A rule that is off for one entity until an event time. */
export type SuppressionRow = {
  readonly ruleId: string;
  readonly kind: string;
  readonly id: string;
  readonly until: string;
  readonly note: string;
  readonly by: string;
};

/** Every suppression, also those whose time is over. */
export async function listSuppressions(signal?: AbortSignal): Promise<readonly SuppressionRow[]> {
  type Answer = { readonly suppressions: readonly SuppressionRow[] };
  const { suppressions } = await callJson<Answer>('/v1/suppressions', signal === undefined ? {} : { signal });
  return suppressions;
}

/** Switches a rule off for an entity until a time. */
export function suppress(ruleId: string, kind: Kind, id: string, until: string, note: string): Promise<SuppressionRow> {
  return callJson(pathOf(ruleId, kind, id), { method: 'PUT', body: JSON.stringify({ until, note }) });
}

/** Switches it on again. */
export async function unsuppress({ ruleId, kind, id }: SuppressionRow): Promise<void> {
  await call(pathOf(ruleId, kind, id), { method: 'DELETE' });
}

function pathOf(ruleId: string, kind: string, id: string): string {
  return `/v1/suppressions/${[ruleId, kind, id].map(encodeURIComponent).join('/')}`;
}
