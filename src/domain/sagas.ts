/** A value that a saga remembers or sends: plain JSON. */
export type SagaValue =
  | string
  | number
  | boolean
  | null
  | readonly SagaValue[]
  | { readonly [name: string]: SagaValue };

export type SagaData = { readonly [name: string]: SagaValue };

/** What starts sagas. */
export const SAGA_SOURCES = ['rule', 'decision', 'late_data', 'view', 'analyst', 'api', 'saga'] as const;
export type SagaSource = (typeof SAGA_SOURCES)[number];

/** Why a saga was started, or asked for once more. */
export type SagaCause = {
  readonly source: SagaSource;
  /** Position of the record that asked for it; 0 where no record did. */
  readonly position: number;
  /** Id of that record, or the caller's own id of the request: what tells a repeat. */
  readonly reference: string;
  /** Who asked, where it was a person or a key; '' otherwise. */
  readonly by: string;
  /** Reason codes of the rules that matched. */
  readonly reasons: readonly string[];
};

/** How one attempt to deliver an effect ended. */
export const ATTEMPT_OUTCOMES = ['confirmed', 'accepted', 'failed', 'gone'] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** What people may ask of a saga. Which of them it grants, and when, is its own matter. */
export const SAGA_COMMANDS = ['cancel', 'escalate', 'retry', 'resolve', 'approve', 'reject', 'outcome'] as const;
export type SagaCommand = (typeof SAGA_COMMANDS)[number];

/** What came to a saga from outside: the input that one step of it was made from. */
export type SagaStimulus =
  | { readonly type: 'trigger'; readonly cause: SagaCause; readonly input: SagaData; readonly count: number }
  | {
      readonly type: 'attempt';
      readonly step: string;
      /** Run that the effect belongs to: an answer to an earlier run changes nothing. */
      readonly run: number;
      readonly startedAt: string;
      readonly latencyMs: number;
      readonly outcome: AttemptOutcome;
      /** Status of the protocol; 0 where there was no answer. */
      readonly code: number;
      /** First part of the answer, or why there was none. */
      readonly detail: string;
      /** How long the receiver asked to be left alone, ms; 0 where it did not say. */
      readonly pauseMs: number;
    }
  | {
      readonly type: 'confirmation';
      /** Who signed it: the endpoint that the command was sent to, or it is not listened to. */
      readonly endpoint: string;
      readonly step: string;
      readonly run: number;
      readonly succeeded: boolean;
      readonly detail: string;
    }
  | { readonly type: 'timer'; readonly name: string }
  | { readonly type: 'command'; readonly command: SagaCommand; readonly by: string; readonly input: SagaData }
  | { readonly type: 'superseded'; readonly cause: SagaCause };

/** What is to be sent, and how far to go. `step` names it within one run of the saga: there is one effect a step. */
export type SagaEffect = {
  readonly step: string;
  /** Where to: an endpoint of the settings, `engine` or `sagas`. */
  readonly endpoint: string;
  /** Name of the command, as `card.freeze`. */
  readonly type: string;
  readonly body: SagaData;
  /** Attempts after which it is given up; null for never. */
  readonly attemptsMax: number | null;
  /** How to undo it, where it can be. */
  readonly undo: SagaUndo | null;
};

export type SagaUndo = { readonly endpoint: string; readonly type: string; readonly body: SagaData };

/**
 * `pending`: to be sent, or sent again. `accepted`: taken in by the receiver, who has not confirmed yet. The others are
 * ends: confirmed, given up, or no longer wanted.
 */
export const EFFECT_STATES = ['pending', 'accepted', 'done', 'abandoned', 'cancelled'] as const;
export type EffectState = (typeof EFFECT_STATES)[number];

/** What became of one effect. `retryAtMs` is when it is sent (again); null where it waits for a person. */
export type EffectChange = {
  readonly step: string;
  readonly state: EffectState;
  readonly attempts: number;
  readonly retryAtMs: number | null;
};

/** A deadline that is set, or cleared where `dueAtMs` is null. */
export type TimerChange = { readonly name: string; readonly dueAtMs: number | null; readonly afterMs: number };

/** An effect that is not at its end, as the outbox is rebuilt from it. */
export type PendingEffect = {
  readonly step: string;
  readonly endpoint: string;
  readonly retryAtMs: number | null;
  /** Position of the record that asked for it: the order in which effects go out. 0 in the record itself. */
  readonly position: number;
};

/** How a saga stands after a step, in each of its records: what the index needs without reading the earlier ones. */
export type SagaSummary = {
  readonly isOpen: boolean;
  readonly openedAtMs: number;
  readonly triggerCount: number;
  readonly attempts: number;
  readonly isEscalated: boolean;
  /** The next deadline; null where there is none. */
  readonly dueAtMs: number | null;
  /** Time from the setting of that deadline to it, ms. */
  readonly dueAfterMs: number;
  readonly pending: readonly PendingEffect[];
};

/** Stream of a saga. A kind may have hyphens; kinds are known, so that the name can be taken apart. */
export function sagaStreamOf(kind: string, id: string): string {
  return `saga-${kind}-${id}`;
}

/** Record id of a saga's step: with the revision that it leads to, so that a repeat is told by the log. */
export function sagaRecordId(kind: string, id: string, revision: number): string {
  return `g:${kind}-${id}:${revision}`;
}

/**
 * Key of idempotency of an effect: by saga, run and step, the same for every attempt. In the alphabet of a URL without
 * the full stop, which Standard Webhooks uses between the parts that it signs.
 */
export function effectIdOf(kind: string, id: string, run: number, step: string): string {
  return [kind, id, String(run), step].map((part) => encodeURIComponent(part).replaceAll('.', '%2E')).join(':');
}

/** The parts of an effect's id; those that are missing or not well-formed are ''. The inverse of `effectIdOf`. */
export function effectPartsOf(effectId: string): { kind: string; id: string; run: number; step: string } {
  const [kind = '', id = '', run = '', ...step] = effectId.split(':').map(decodedPart);
  return { kind, id, run: Number(run), step: step.join(':') };
}

function decodedPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

/**
 * One step of a saga: what came, and all that followed from it. A saga is the fold of these. `undoing` lists the steps
 * still to be undone, the next one last; null where nothing is.
 */
export type SagaAdvanced = {
  readonly type: 'SagaAdvanced';
  readonly saga: string;
  readonly sagaId: string;
  /** From 1; a saga that starts again after its end is the next run in the same stream. */
  readonly run: number;
  readonly recordedAt: string;
  readonly stimulus: SagaStimulus;
  /** Event that the machine took; '' where it took none. */
  readonly event: string;
  /** State of the machine after it. */
  readonly status: string;
  /** Members of the saga's data that changed. */
  readonly data: SagaData;
  readonly effects: readonly SagaEffect[];
  readonly changes: readonly EffectChange[];
  readonly timers: readonly TimerChange[];
  readonly undoing: readonly string[] | null;
  /** Why a person was called in this step; '' where none was. */
  readonly escalation: string;
  /** Position up to which the runner had taken every asking fact into account: where to go on without an index. */
  readonly followedPosition: number;
  readonly summary: SagaSummary;
};

/** Gives the machines their event type by example, as XState's `setup` wants it. */
export const SAGA_EVENT_EXAMPLE: { readonly type: string } = { type: '' };
