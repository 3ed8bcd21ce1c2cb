import type { SagaQuery, SagaRow } from '../../ports/saga-index.ts';

export type StoreRequest =
  | { readonly kind: 'load' }
  | { readonly kind: 'save'; readonly position: number; readonly rows: readonly SagaRow[] }
  | { readonly kind: 'find'; readonly query: SagaQuery }
  | { readonly kind: 'close' };

/** Answers come in the order of the requests. */
export type StoreReply =
  | { readonly kind: 'image'; readonly position: number; readonly texts: readonly string[] }
  | { readonly kind: 'page'; readonly total: number; readonly texts: readonly string[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string };
