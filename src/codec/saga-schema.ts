import { z } from 'zod';
import { PalisadeError } from '../domain/errors.ts';
import type { EffectProgress, SagaState, SagaTimer } from '../domain/saga-state.ts';
import {
  ATTEMPT_OUTCOMES,
  EFFECT_STATES,
  SAGA_COMMANDS,
  SAGA_SOURCES,
  type SagaAdvanced,
  type SagaCause,
  type SagaData,
  type SagaEffect,
  type SagaStimulus,
  type SagaSummary,
  type SagaValue,
} from '../domain/sagas.ts';
import type { SagaRow } from '../ports/saga-index.ts';

const text = z.string();
const count = z.int().nonnegative();
const maybeMs = z.number().nullable();
const value: z.ZodType<SagaValue> = z.json();
const data: z.ZodType<SagaData> = z.record(text, value);

const cause: z.ZodType<SagaCause> = z.strictObject({
  source: z.enum(SAGA_SOURCES),
  position: count,
  reference: text,
  by: text,
  reasons: z.array(text),
});

const stimulus: z.ZodType<SagaStimulus> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('trigger'), cause, input: data, count }),
  z.strictObject({
    type: z.literal('attempt'),
    step: text,
    run: count,
    startedAt: text,
    latencyMs: z.number(),
    outcome: z.enum(ATTEMPT_OUTCOMES),
    code: z.int(),
    detail: text,
    pauseMs: z.number(),
  }),
  z.strictObject({
    type: z.literal('confirmation'),
    endpoint: text,
    step: text,
    run: count,
    succeeded: z.boolean(),
    detail: text,
  }),
  z.strictObject({ type: z.literal('timer'), name: text }),
  z.strictObject({ type: z.literal('command'), command: z.enum(SAGA_COMMANDS), by: text, input: data }),
  z.strictObject({ type: z.literal('superseded'), cause }),
]);

const effect: z.ZodType<SagaEffect> = z.strictObject({
  step: text,
  endpoint: text,
  type: text,
  body: data,
  attemptsMax: count.nullable(),
  undo: z.strictObject({ endpoint: text, type: text, body: data }).nullable(),
});

const summaryShape = {
  isOpen: z.boolean(),
  openedAtMs: z.number(),
  triggerCount: count,
  attempts: count,
  isEscalated: z.boolean(),
  dueAtMs: maybeMs,
  dueAfterMs: z.number(),
  pending: z.array(z.strictObject({ step: text, endpoint: text, retryAtMs: maybeMs, position: count })),
};
const summary: z.ZodType<SagaSummary> = z.strictObject(summaryShape);

const row: z.ZodType<SagaRow> = z.strictObject({
  ...summaryShape,
  kind: text,
  id: text,
  run: count,
  status: text,
  revision: count,
  updatedAtMs: z.number(),
});

const revision = z.int().min(-1);
const progress: z.ZodType<EffectProgress> = z.strictObject({
  effect,
  state: z.enum(EFFECT_STATES),
  attempts: count,
  retryAtMs: maybeMs,
  requestedAtMs: z.number(),
  position: count,
});
const timer: z.ZodType<SagaTimer> = z.strictObject({ dueAtMs: z.number(), afterMs: z.number() });
const state: z.ZodType<SagaState> = z.strictObject({
  kind: text,
  id: text,
  run: count,
  status: text,
  isOpen: z.boolean(),
  revision,
  fenceRevision: revision,
  openedAtMs: z.number(),
  updatedAtMs: z.number(),
  data,
  effects: z.array(z.tuple([text, progress])).transform((entries) => new Map(entries)),
  timers: z.array(z.tuple([text, timer])).transform((entries) => new Map(entries)),
  undoing: z.array(text).nullable(),
  triggerCount: count,
  attempts: count,
  isEscalated: z.boolean(),
  causePosition: count,
  references: z.array(text),
});

/** JSON of a saga's state, for a snapshot. */
export function encodeSagaState(saga: SagaState): string {
  return JSON.stringify({ ...saga, effects: [...saga.effects], timers: [...saga.timers] });
}

/** The state that `encodeSagaState` wrote, or null where its form is another one. */
export function parseSagaState(json: string): SagaState | null {
  try {
    return state.parse(JSON.parse(json));
  } catch {
    return null;
  }
}

/** A row of the index of sagas, from its JSON. Throws RECORD_UNREADABLE where it is none. */
export function parseSagaRow(json: string): SagaRow {
  const result = row.safeParse(JSON.parse(json));
  if (result.success) return result.data;
  throw new PalisadeError(
    'RECORD_UNREADABLE',
    'Cannot read a row of the index of sagas as its form is not known. Remove the index; it is made again.',
  );
}

/** Form of a saga's record, without `v` and type; the parsed value is the fact. */
export const sagaAdvancedSchema: z.ZodType<SagaAdvanced> = z
  .strictObject({
    saga: text,
    sagaId: text,
    run: count,
    recordedAt: text,
    stimulus,
    event: text,
    status: text,
    data,
    effects: z.array(effect),
    changes: z.array(z.strictObject({ step: text, state: z.enum(EFFECT_STATES), attempts: count, retryAtMs: maybeMs })),
    timers: z.array(z.strictObject({ name: text, dueAtMs: maybeMs, afterMs: z.number() })),
    undoing: z.array(text).nullable(),
    escalation: text,
    followedPosition: count,
    summary,
  })
  .transform((members): SagaAdvanced => ({ type: 'SagaAdvanced', ...members }));
