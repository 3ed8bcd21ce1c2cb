import type { SagaEffectReport, SagaReport, SagaStepReport } from '../../src/ports/saga-door.ts';
import { callJson, withQuery } from './api-call.ts';

export type { SagaEffectReport, SagaStepReport };

/** A saga as lists tell it. */
export type SagaItem = {
  readonly kind: string;
  readonly id: string;
  readonly run: number;
  readonly state: string;
  readonly isOpen: boolean;
  readonly openedAt: string;
  readonly updatedAt: string;
  readonly dueAt: string | null;
  readonly triggerCount: number;
  readonly attempts: number;
  readonly isEscalated: boolean;
  readonly waiting: readonly {
    readonly step: string;
    readonly endpoint: string;
    readonly nextAttemptAt: string | null;
  }[];
};
export type SagaPage = {
  readonly total: number;
  readonly nextOffset: number | null;
  readonly sagas: readonly SagaItem[];
};
export type SagaHistory = Omit<SagaReport, 'row'> & { readonly saga: SagaItem };

/** What people may ask of any saga; each grants what its state allows. */
export type SagaOrderName = 'retry' | 'escalate' | 'cancel' | 'resolve';

/** A page of the sagas that fit, the longest open first. */
export function listSagas(
  query: Readonly<Record<string, string | number | undefined>>,
  signal: AbortSignal,
): Promise<SagaPage> {
  return callJson(withQuery('/v1/sagas', query), { signal });
}

/** One saga with its history. */
export function readSaga(kind: string, id: string, signal: AbortSignal): Promise<SagaHistory> {
  return callJson(sagaPath(kind, id), { signal });
}

/** Asks a saga for something. 409 where its state does not allow it. */
export function orderSaga(kind: string, id: string, order: SagaOrderName): Promise<SagaItem> {
  return callJson(`${sagaPath(kind, id)}/${order}`, { method: 'POST', body: JSON.stringify({ by: 'console' }) });
}

function sagaPath(kind: string, id: string): string {
  return `/v1/sagas/${encodeURIComponent(kind)}/${encodeURIComponent(id)}`;
}

/** What came to a saga, in words. */
export function stimulusText({ stimulus }: SagaStepReport): string {
  switch (stimulus.type) {
    case 'trigger': {
      const { source, by, reasons } = stimulus.cause;
      const why = reasons.length === 0 ? '' : `: ${reasons.join(', ')}`;
      return `Asked for by ${by === '' ? source.replaceAll('_', ' ') : by}${why}`;
    }
    case 'attempt': {
      const status = stimulus.code === 0 ? '' : ` (${stimulus.code})`;
      return `Sent ${stimulus.step}: ${stimulus.outcome}${status} in ${Math.round(stimulus.latencyMs)} ms`;
    }
    case 'confirmation':
      return `${stimulus.endpoint} said that ${stimulus.step} ${stimulus.succeeded ? 'is done' : 'has failed'}`;
    default:
      return `Came: ${stimulus.type.replaceAll('_', ' ')}`;
  }
}
