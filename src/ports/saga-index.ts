import type { Position, Revision } from '../domain/entities.ts';
import type { SagaSummary } from '../domain/sagas.ts';

/** One saga as the index knows it: its newest run. */
export type SagaRow = SagaSummary & {
  readonly kind: string;
  readonly id: string;
  readonly run: number;
  readonly status: string;
  readonly revision: Revision;
  readonly updatedAtMs: number;
};

export type SagaQuery = {
  readonly kind: string | null;
  readonly status: string | null;
  readonly id: string | null;
  readonly isOpen: boolean | null;
  /** Only sagas opened at or before this time. */
  readonly openedBeforeMs: number | null;
  readonly offset: number;
  readonly limit: number;
};

/** What the runner starts from: every record up to `position` is in the rows. */
export type SagaIndexImage = { readonly position: Position; readonly rows: readonly SagaRow[] };

/**
 * Where all sagas stand, found without reading their streams. Made from the log and can be made again from it: losing
 * it costs time only. Methods reject where the store fails.
 */
export interface SagaIndex {
  /** The open sagas, and up to where in the log they are known. */
  load(): Promise<SagaIndexImage>;
  /** Keeps rows, each replacing that of its kind and id, and how far the log was followed; both or neither. */
  save(position: Position, rows: readonly SagaRow[]): Promise<void>;
  /** A page of the rows that fit, the longest open first, and how many fit. */
  find(query: SagaQuery): Promise<{ readonly total: number; readonly rows: readonly SagaRow[] }>;
  close(): Promise<void>;
}
