import type { FollowUp, SagaReport } from '../ports/saga-door.ts';
import type { SagaRow } from '../ports/saga-index.ts';
import type { JsonSchema } from './route.ts';

/** Header of a repeated approval that is taken back: the state of its reversal. */
export const REVERSAL_HEADER = 'palisade-reversal';

const INSTANT = { type: 'string', format: 'date-time' } as const;
const MAYBE_INSTANT = { type: ['string', 'null'], format: 'date-time' } as const;

/** A saga in a list. */
export const SAGA_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['kind', 'id', 'run', 'state', 'isOpen', 'openedAt', 'updatedAt', 'dueAt', 'triggerCount', 'attempts'],
  properties: {
    kind: { type: 'string' },
    id: { type: 'string' },
    run: { type: 'integer', description: 'From 1: a saga that starts again after its end is the next run' },
    revision: { type: 'integer', description: 'Of its stream; a release of a card names that of its freeze' },
    state: { type: 'string', description: 'State of its machine' },
    isOpen: { type: 'boolean', description: 'Whether it has work to do: steps, or effects to send' },
    openedAt: INSTANT,
    updatedAt: INSTANT,
    dueAt: { ...MAYBE_INSTANT, description: 'Its next deadline' },
    triggerCount: { type: 'integer', description: 'How often it was asked for in this run' },
    attempts: { type: 'integer', description: 'Attempts to deliver its effects in this run' },
    isEscalated: { type: 'boolean', description: 'Whether a person was called' },
    waiting: {
      type: 'array',
      description: 'Effects that are not at their end',
      items: {
        type: 'object',
        properties: { step: { type: 'string' }, endpoint: { type: 'string' }, nextAttemptAt: MAYBE_INSTANT },
      },
    },
  },
};

/** A saga with its history. */
export const SAGA_REPORT_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['saga', 'data', 'effects', 'timers', 'history', 'diagram'],
  properties: {
    saga: SAGA_SCHEMA,
    data: { type: 'object', description: 'What it knows' },
    effects: {
      type: 'array',
      description: 'What it sends in this run, and how far that got',
      items: { type: 'object' },
    },
    timers: { type: 'array', description: 'Its deadlines', items: { type: 'object' } },
    history: { type: 'array', description: 'Its steps, oldest first; each attempt is one', items: { type: 'object' } },
    diagram: { type: 'string', description: 'Its machine as Mermaid text, with the state that it is in' },
  },
};

/** A row as it is answered. */
export function sagaAnswer(row: SagaRow): Readonly<Record<string, unknown>> {
  return {
    kind: row.kind,
    id: row.id,
    run: row.run,
    revision: row.revision,
    state: row.status,
    isOpen: row.isOpen,
    openedAt: isoOf(row.openedAtMs),
    updatedAt: isoOf(row.updatedAtMs),
    dueAt: row.dueAtMs === null ? null : isoOf(row.dueAtMs),
    triggerCount: row.triggerCount,
    attempts: row.attempts,
    isEscalated: row.isEscalated,
    waiting: row.pending.map(({ step, endpoint, retryAtMs }) => ({
      step,
      endpoint,
      nextAttemptAt: retryAtMs === null ? null : isoOf(retryAtMs),
    })),
  };
}

/** A report as it is answered. */
export function sagaReportAnswer({ row, data, effects, timers, history, diagram }: SagaReport): object {
  return { saga: sagaAnswer(row), data, effects, timers, history, diagram };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

export const SAGA_EXAMPLE: Readonly<Record<string, unknown>> = {
  kind: 'freeze-card',
  id: 'card-tok-1',
  run: 1,
  revision: 0,
  state: 'freezing',
  isOpen: true,
  openedAt: '2026-01-31T11:45:00.120Z',
  updatedAt: '2026-01-31T11:45:00.120Z',
  dueAt: '2026-01-31T11:46:00.120Z',
  triggerCount: 1,
  attempts: 0,
  isEscalated: false,
  waiting: [{ step: 'freeze', endpoint: 'card-processor', nextAttemptAt: '2026-01-31T11:45:00.120Z' }],
};

/** Members of a saga's data that say what a decision's follow-up came to. */
const FOLLOW_UP_DATA = ['outcome', 'lateOutcome', 'why'];

/** One follow-up as it is answered with a decision. */
function followUpAnswer({ row, data }: FollowUp): object {
  const { kind, status: state, isOpen, openedAtMs, updatedAtMs } = row;
  const told = Object.entries(data).filter(([name]) => FOLLOW_UP_DATA.includes(name));
  return {
    kind,
    state,
    isOpen,
    openedAt: isoOf(openedAtMs),
    updatedAt: isoOf(updatedAtMs),
    ...Object.fromEntries(told),
  };
}

/** The text of a decision with what followed from it; its own members stand as they were answered. */
export function withFollowUps(decision: string, followUps: readonly FollowUp[]): string {
  if (followUps.length === 0) return decision;
  return `${decision.slice(0, -1)},"followUps":${JSON.stringify(followUps.map(followUpAnswer))}}`;
}

/** State of a reversal among what followed from a decision; null where there is none. */
export function reversalStateOf(followUps: readonly FollowUp[]): string | null {
  return followUps.find(({ row }) => row.kind === 'reversal')?.row.status ?? null;
}

/** Schema of what followed from a decision. */
export const FOLLOW_UPS_SCHEMA: JsonSchema = {
  type: 'array',
  description: 'What followed: a challenge with its outcome, a reversal. Absent where nothing did',
  items: {
    type: 'object',
    required: ['kind', 'state', 'isOpen', 'openedAt', 'updatedAt'],
    properties: {
      kind: { type: 'string', description: 'Kind of the saga: its id is that of the transaction' },
      state: { type: 'string', description: 'State of its machine' },
      isOpen: { type: 'boolean' },
      openedAt: INSTANT,
      updatedAt: INSTANT,
      outcome: { type: 'string', description: 'Of a challenge: passed, failed, abandoned or lapsed' },
      lateOutcome: { type: 'string', description: 'What came after the deadline of a challenge' },
      why: { type: 'string', description: 'Of a reversal: approval_unheard, approval_revised or asked_for' },
    },
  },
};
