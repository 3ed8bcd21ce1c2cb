import type { EventSource, Transaction } from '../domain/events.ts';
import type { EffectState, SagaAdvanced, SagaCause, SagaCommand, SagaData, SagaEffect } from '../domain/sagas.ts';

/** How an effect stands. */
export type EffectView = { readonly effect: SagaEffect; readonly state: EffectState; readonly attempts: number };

/** A saga as its `react` sees it. */
export type SagaView = {
  readonly kind: string;
  readonly id: string;
  /** From 1; a saga that is started again after its end is the next run in the same stream. */
  readonly run: number;
  /** State of its machine. */
  readonly status: string;
  readonly data: SagaData;
  /** Effects of this run by step. */
  readonly effects: ReadonlyMap<string, EffectView>;
  /** How often it was asked for in this run. */
  readonly triggerCount: number;
  readonly isEscalated: boolean;
  /** Revision that the record of this step gets in the saga's stream: grows with every step, over all runs. */
  readonly nextRevision: number;
};

/** What happened, as `react` sees it. */
export type SagaHappening =
  /** A new run; `status` is the machine's initial state and `data` the input. */
  | { readonly type: 'started'; readonly cause: SagaCause; readonly input: SagaData }
  /** Asked for again while it runs, or after an end that still holds. `count` times since the last step. */
  | { readonly type: 'joined'; readonly cause: SagaCause; readonly input: SagaData; readonly count: number }
  | { readonly type: 'confirmed'; readonly step: string; readonly detail: string }
  /** Given up after the attempts that it was worth. */
  | { readonly type: 'exhausted'; readonly step: string; readonly detail: string }
  /** The receiver wants no more: the effect waits for a person. */
  | { readonly type: 'gone'; readonly step: string }
  | { readonly type: 'timer'; readonly name: string }
  | { readonly type: 'command'; readonly command: SagaCommand; readonly by: string; readonly input: SagaData }
  /** Every undo that was asked for is done or given up. */
  | { readonly type: 'undone' }
  /** Another saga that this one must lose against has started. */
  | { readonly type: 'superseded'; readonly cause: SagaCause };

/** An effect as `react` asks for it. */
export type EffectRequest = Omit<SagaEffect, 'attemptsMax' | 'undo'> &
  Partial<Pick<SagaEffect, 'attemptsMax' | 'undo'>>;

/** What a saga does about a happening. Members that are absent change nothing. */
export type SagaReaction = {
  /** Events for the machine, in order. */
  readonly events?: readonly string[];
  /** Members to remember, over those of the same name. */
  readonly data?: SagaData;
  /** Effects to send. One whose step exists already is left as it is. */
  readonly effects?: readonly EffectRequest[];
  /** Deadlines by name: ms from now, or null to clear. */
  readonly timers?: Readonly<Record<string, number | null>>;
  /** Steps whose effects are no longer wanted. */
  readonly cancel?: readonly string[];
  /** Undoes what was sent and has an undo, the last one first, each after the one before it. */
  readonly undo?: boolean;
  /** Calls a person, and says why. */
  readonly escalate?: string;
  /** Refuses a command, and says why. Nothing else counts then. */
  readonly refuse?: string;
};

/** What sagas are told of the world that they act on. */
export type SagaSettings = {
  /** Names of the endpoints that there are. An effect to any other would never end. */
  readonly endpoints: ReadonlySet<string>;
  /** Settings of this kind, from the file of responses. */
  readonly options: SagaData;
};

export type SagaContext = SagaSettings & {
  /** Time of the step, ms since the epoch. */
  readonly nowMs: number;
};

/** A fact that asks for a saga, with what a saga may want to know of it. */
export type SagaOccasion = {
  readonly source: EventSource | 'correction' | 'revision' | 'unheard' | 'view';
  readonly transaction: Transaction | null;
  /** Whom it is about, by the names of the events' fields: cardId, accountId, deviceId, merchantId, ip, bin. */
  readonly subjects: Readonly<Record<string, string>>;
  readonly outcome: string;
  readonly mode: string;
  readonly score: number;
  readonly reasons: readonly { readonly code: string; readonly ruleId: string; readonly outcome: string }[];
  /** What was decided before, of a correction; '' otherwise. */
  readonly supersededOutcome: string;
};

/** One saga that an occasion asks for. */
export type SagaTarget = { readonly id: string; readonly input: SagaData };

/** A kind of saga, as its room hands it to the runner. `Machine` is its XState machine; a state tagged `end` is one. */
export type SagaDefinition<Machine = unknown> = {
  readonly kind: string;
  readonly machine: Machine;
  /** Whom an occasion concerns; none where it lacks what the saga needs. `options` are those of the response. Pure. */
  readonly targetsOf: (occasion: SagaOccasion, options: SagaData) => readonly SagaTarget[];
  /** What to do about a happening. Pure. */
  readonly react: (saga: SagaView, happening: SagaHappening, context: SagaContext) => SagaReaction;
  /** Whether being asked for again in an end state is noted in the run that ended; otherwise a new run starts. */
  readonly holdsEnd?: (saga: SagaView) => boolean;
  /**
   * Whether the effects of a run's first step go out while that step is still becoming durable, where a record of the
   * log asked for it. Only for kinds whose first effects follow from being asked for alone: after a crash the same
   * record asks again, and they come again with the same ids.
   */
  readonly isPrompt?: boolean;
  /** How long being asked for again may be gathered before it is recorded, ms; 0 for at once. */
  readonly gatherMs?: number;
  /** Event of this machine that a record of another kind in this stream stands for; null for none. Pure. */
  readonly absorb?: (fact: SagaAdvanced) => string | null;
  /** Kind whose stream of the same id fences this one: what it asks for is void once that stream has moved on. */
  readonly fencedBy?: string;
  /** Kind that is told `superseded` when a saga of this kind and the same id is asked for. */
  readonly supersedes?: string;
  /** What the id is the id of: effects of all sagas about one `card`, say, keep their order. The kind where absent. */
  readonly concerns?: string;
  /** Endpoints without which a saga of this kind cannot end. */
  readonly needs: readonly string[];
};
