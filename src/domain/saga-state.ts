import type { Position, Revision } from './entities.ts';
import type { EffectState, SagaData, SagaEffect } from './sagas.ts';

/** One effect of a run, and how far it got. */
export type EffectProgress = {
  readonly effect: SagaEffect;
  readonly state: EffectState;
  readonly attempts: number;
  /** When it is sent (again); null where it waits for a person. */
  readonly retryAtMs: number | null;
  readonly requestedAtMs: number;
  /** Position of the record that asked for it: the order in which effects go out. */
  readonly position: Position;
};

/** A deadline that is set, and how long it was when it was set, ms. */
export type SagaTimer = { readonly dueAtMs: number; readonly afterMs: number };

/** A saga as its stream has it. */
export type SagaState = {
  readonly kind: string;
  readonly id: string;
  readonly run: number;
  readonly status: string;
  readonly isOpen: boolean;
  readonly revision: Revision;
  /** Revision of the stream that fences this saga, after its last own record there; -1 where none does. */
  readonly fenceRevision: Revision;
  readonly openedAtMs: number;
  readonly updatedAtMs: number;
  readonly data: SagaData;
  readonly effects: ReadonlyMap<string, EffectProgress>;
  readonly timers: ReadonlyMap<string, SagaTimer>;
  readonly undoing: readonly string[] | null;
  readonly triggerCount: number;
  readonly attempts: number;
  readonly isEscalated: boolean;
  /** Position of the newest record that asked for the saga: an older or equal one was heard. */
  readonly causePosition: Position;
  /** The newest causes without a position, which are told by their reference. */
  readonly references: readonly string[];
};
