import type { Position } from '../../domain/entities.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import type { HistoryQuery } from '../../ports/laboratory.ts';
import type { ErrorImage } from '../projections/projection-messages.ts';

/** What may be asked of the laboratory. A thread has one backtest or one shadow at most. */
export type LabQuestion =
  | { readonly about: 'explanation'; readonly transactionId: string }
  | { readonly about: 'history'; readonly query: HistoryQuery }
  | { readonly about: 'backtest'; readonly text: string; readonly endPosition: Position }
  | { readonly about: 'shadow'; readonly text: string; readonly afterPosition: Position }
  | { readonly about: 'report' };

/** What the laboratory reads of the log, through the thread that holds it. */
export type LabRead =
  | { readonly method: 'readStream'; readonly stream: string; readonly from: number; readonly maxCount: number }
  | { readonly method: 'readAll'; readonly after: number; readonly maxCount: number }
  | { readonly method: 'readRecord'; readonly recordId: string };

export type ToLab =
  | { readonly kind: 'question'; readonly id: number; readonly question: LabQuestion }
  | { readonly kind: 'read'; readonly id: number; readonly records: readonly StoredRecord[] }
  | { readonly kind: 'unread'; readonly id: number; readonly error: ErrorImage };

export type FromLab =
  | { readonly kind: 'read'; readonly id: number; readonly read: LabRead }
  | { readonly kind: 'progress'; readonly position: Position }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'fault'; readonly id: number; readonly error: ErrorImage };
