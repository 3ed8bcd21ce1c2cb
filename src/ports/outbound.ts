import type { AttemptOutcome, SagaData } from '../domain/sagas.ts';

/** One attempt to deliver one effect. */
export type OutboundCommand = {
  readonly endpoint: string;
  /** Key of idempotency: the same for every attempt. */
  readonly effectId: string;
  readonly type: string;
  /** What keeps its order: an entity, as `card:tok-1`. */
  readonly orderKey: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  readonly sagaKind: string;
  readonly sagaId: string;
  readonly run: number;
  readonly step: string;
  /** When the saga asked for it, RFC 3339 UTC. */
  readonly requestedAt: string;
  readonly body: SagaData;
};

/** How the attempt ended. */
export type OutboundAnswer = {
  readonly outcome: AttemptOutcome;
  /** Status of the protocol; 0 where there was no answer. */
  readonly code: number;
  /** First part of the answer, or why there was none; bounded. */
  readonly detail: string;
  /** How long the receiver asked to be left alone, ms; 0 where it did not say. */
  readonly pauseMs: number;
};

/** The way out. Bounds the time and the size of every answer, and never rejects. */
export interface Outbound {
  deliver(command: OutboundCommand): Promise<OutboundAnswer>;
}
