import type { AsOf } from '../../src/ports/projections.ts';
import { callJson } from './api-call.ts';

/** A table that a query may read. */
export type QueryTable = { readonly name: string; readonly columns: readonly string[] };
export type QueryAnswer = {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly isTruncated: boolean;
  readonly asOf: AsOf;
};

/** The tables that a query may read. 404 where the engine runs no queries. */
export async function listTables(signal: AbortSignal): Promise<readonly QueryTable[]> {
  const { tables } = await callJson<{ readonly tables: readonly QueryTable[] }>('/v1/query', { signal });
  return tables;
}

/** Runs one SELECT. Rejects with QUERY_REFUSED or QUERY_LIMIT where the engine does not. */
export function runQuery(sql: string, limit: number): Promise<QueryAnswer> {
  return callJson('/v1/query', { method: 'POST', body: JSON.stringify({ sql, limit }) });
}
