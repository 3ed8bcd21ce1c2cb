import type { SagaCommand, SagaData, SagaSource, SagaStimulus } from '../domain/sagas.ts';
import type { SagaQuery, SagaRow } from './saga-index.ts';

/** A saga to start, from outside the log. The same `requestId` again is the same request. */
export type SagaStart = {
  readonly kind: string;
  readonly id: string;
  readonly requestId: string;
  readonly source: Extract<SagaSource, 'view' | 'analyst' | 'api' | 'saga'>;
  readonly by: string;
  readonly reasons: readonly string[];
  readonly input: SagaData;
};

export type SagaOrder = {
  readonly kind: string;
  readonly id: string;
  readonly command: SagaCommand;
  readonly by: string;
  readonly input: SagaData;
};

/** The headers of a message after Standard Webhooks. */
export type SignedHeaders = {
  readonly 'webhook-id'?: string;
  readonly 'webhook-timestamp'?: string;
  readonly 'webhook-signature'?: string;
};

/** Why a message is not genuine, or null where it is. `endpoint` is who it says that it is from. */
export type ConfirmationCheck = (endpoint: string, headers: SignedHeaders, body: string) => string | null;

/** What a receiver says later about a command that it had accepted. */
export type SagaConfirmation = {
  /** The endpoint that it comes from, as its signature says. */
  readonly endpoint: string;
  readonly effectId: string;
  readonly succeeded: boolean;
  readonly detail: string;
};

/** One step of a saga's history. */
export type SagaStepReport = {
  readonly position: number;
  readonly revision: number;
  readonly run: number;
  readonly at: string;
  readonly stimulus: SagaStimulus;
  readonly events: string;
  readonly status: string;
  readonly requested: readonly string[];
  readonly escalation: string;
};

/** An effect of the newest run. */
export type SagaEffectReport = {
  readonly step: string;
  readonly effectId: string;
  readonly endpoint: string;
  readonly type: string;
  readonly state: string;
  readonly attempts: number;
  /** RFC 3339, or null where nothing is to be sent. */
  readonly nextAttemptAt: string | null;
};

/** One saga in full. */
export type SagaReport = {
  readonly row: SagaRow;
  readonly data: SagaData;
  readonly effects: readonly SagaEffectReport[];
  readonly timers: readonly { readonly name: string; readonly dueAt: string }[];
  /** Oldest first; the newest ones where there are more than the bound. */
  readonly history: readonly SagaStepReport[];
  /** Mermaid text of the machine, with the state that the saga is in. */
  readonly diagram: string;
};

/** What followed from a decision: one saga about its transaction, as it stands. */
export type FollowUp = { readonly row: SagaRow; readonly data: SagaData };

export type EndpointReport = {
  readonly name: string;
  readonly waiting: number;
  readonly underWay: number;
  readonly breaker: 'closed' | 'open' | 'half_open';
  readonly isDisabled: boolean;
};

/** Gauges and counters, for the metrics page. */
export type SagaStatistics = {
  readonly openByKind: Readonly<Record<string, number>>;
  readonly escalatedByKind: Readonly<Record<string, number>>;
  /** Age of the oldest open saga of each kind, seconds. */
  readonly oldestSecondsByKind: Readonly<Record<string, number>>;
  readonly endedByKind: Readonly<Record<string, number>>;
  /** Sum of the time from opening to the end of those that ended, seconds. */
  readonly doneSecondsByKind: Readonly<Record<string, number>>;
  readonly attemptsByOutcome: Readonly<Record<string, number>>;
  readonly endpoints: readonly EndpointReport[];
  /** Records between the head of the log and where the runner is. */
  readonly lagRecords: number;
  /** Facts whose sagas are not durable yet, and how many there may be before the runner stops to read on. */
  readonly openFacts: number;
  readonly openFactsMax: number;
  /** How long it has stopped for that, ms in all. */
  readonly blockedMs: number;
};

/** What the doors ask of the runner. Methods reject with a `PalisadeError`. */
export interface Sagas {
  /** Starts or joins a saga, durably. Rejects with REQUEST_INVALID for an unknown kind, SAGA_REFUSED by its rules. */
  start(request: SagaStart): Promise<SagaRow>;
  /** Has a person's command carried out. REQUEST_NOT_FOUND where there is no such saga, SAGA_REFUSED by its rules. */
  order(order: SagaOrder): Promise<SagaRow>;
  /** Takes a receiver's word; false where nothing waited for it (a repeat). */
  confirm(confirmation: SagaConfirmation): Promise<boolean>;
  list(query: SagaQuery): Promise<{ readonly total: number; readonly rows: readonly SagaRow[] }>;
  read(kind: string, id: string): Promise<SagaReport | null>;
  /** The sagas about a transaction; none where none was started. O(their steps), a look into a filter for most. */
  followUps(transactionId: string): Promise<readonly FollowUp[]>;
  kinds(): readonly string[];
  statistics(): SagaStatistics;
}
