import type { Position } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { EffectProgress, SagaState } from '../../domain/saga-state.ts';
import type {
  EffectChange,
  EffectState,
  SagaAdvanced,
  SagaData,
  SagaEffect,
  SagaStimulus,
  TimerChange,
} from '../../domain/sagas.ts';
import type { EffectRequest, SagaReaction, SagaView } from '../../ports/saga.ts';
import type { SagaChart } from './saga-chart.ts';
import { foldSaga, summaryOf } from './saga-folding.ts';

/** Endpoint that starts other sagas, and the steps that the runner makes itself. */
export const SAGAS_ENDPOINT = 'sagas';
const UNDO_PREFIX = 'undo:';
const ESCALATE_PREFIX = 'escalate:';
/** Attempts at undoing one effect before a person has to do it: about a day. */
const UNDO_ATTEMPTS_MAX = 150;

/** When a step is made: by the clock, and by how far the log was followed. */
export type DraftTime = { readonly nowMs: number; readonly followedPosition: Position };

/** A step in the making: what a saga's record is going to say, over the state before it. */
export class SagaDraft {
  readonly #before: SagaState;
  readonly #chart: SagaChart;
  readonly #nowMs: number;
  readonly #followedPosition: Position;
  readonly #isNewRun: boolean;
  readonly #effects = new Map<string, SagaEffect>();
  readonly #changes = new Map<string, EffectChange>();
  readonly #timers = new Map<string, TimerChange>();
  #data: SagaData = {};
  #status: string;
  #event = '';
  #undoing: readonly string[] | null;
  #escalation = '';
  #triggerCount: number;
  #attempts: number;

  constructor(before: SagaState, chart: SagaChart, isNewRun: boolean, { nowMs, followedPosition }: DraftTime) {
    this.#before = before;
    this.#chart = chart;
    this.#nowMs = nowMs;
    this.#followedPosition = followedPosition;
    this.#isNewRun = isNewRun;
    this.#status = isNewRun ? chart.initial : before.status;
    this.#undoing = isNewRun ? null : before.undoing;
    this.#triggerCount = isNewRun ? 0 : before.triggerCount;
    this.#attempts = isNewRun ? 0 : before.attempts;
  }

  /** The saga as it stands with what the draft says so far. */
  view(): SagaView {
    const { kind, id, run, data, isEscalated, revision } = this.#before;
    return {
      kind,
      id,
      run: this.#isNewRun ? run + 1 : run,
      status: this.#status,
      data: this.#isNewRun ? this.#data : { ...data, ...this.#data },
      effects: this.#progress(),
      triggerCount: this.#triggerCount,
      isEscalated: (!this.#isNewRun && isEscalated) || this.#escalation !== '',
      nextRevision: revision + 1,
    };
  }

  /** Effects of the run by step. */
  #progress(): ReadonlyMap<string, Pick<EffectProgress, 'effect' | 'state' | 'attempts'>> {
    const all = new Map<string, Pick<EffectProgress, 'effect' | 'state' | 'attempts'>>(
      this.#isNewRun ? [] : this.#before.effects,
    );
    for (const [step, effect] of this.#effects) all.set(step, { effect, state: 'pending', attempts: 0 });
    for (const { step, state, attempts } of this.#changes.values()) {
      const known = all.get(step);
      if (known !== undefined) all.set(step, { ...known, state, attempts });
    }
    return all;
  }

  countTriggers(count: number): void {
    this.#triggerCount += count;
  }

  countAttempt(): void {
    this.#attempts += 1;
  }

  remember(data: SagaData): void {
    this.#data = { ...this.#data, ...data };
  }

  /** Says what became of an effect. */
  change(step: string, state: EffectState, attempts: number, retryAtMs: number | null): void {
    this.#changes.set(step, { step, state, attempts, retryAtMs });
  }

  clearTimer(name: string): void {
    this.#timers.set(name, { name, dueAtMs: null, afterMs: 0 });
  }

  /** Calls a person: the saga is marked, and an alert is started where there are alerts. */
  escalate(reason: string, canAlert: boolean): void {
    this.#escalation = this.#escalation === '' ? reason : `${this.#escalation}; ${reason}`;
    if (!canAlert) return;
    const { kind, id } = this.#before;
    const number = [...this.#progress().keys()].filter((step) => step.startsWith(ESCALATE_PREFIX)).length + 1;
    const key = `saga:${kind}:${id}`;
    const input = { title: `A person is needed for ${kind}`, severity: 'critical', reason, sagaKind: kind, sagaId: id };
    this.request({
      step: `${ESCALATE_PREFIX}${number}`,
      endpoint: SAGAS_ENDPOINT,
      type: 'saga.start',
      body: { kind: 'alert', id: key, input },
    });
  }

  request({ attemptsMax = null, undo = null, ...effect }: EffectRequest): void {
    if (this.#progress().has(effect.step)) return;
    this.#effects.set(effect.step, { ...effect, attemptsMax, undo });
  }

  /** Takes a reaction over. Throws ENGINE_INTERNAL where the machine does not take its event. */
  apply(reaction: SagaReaction, canAlert: boolean): void {
    for (const event of reaction.events ?? []) this.#transition(event);
    if (reaction.data !== undefined) this.remember(reaction.data);
    for (const step of reaction.cancel ?? []) this.#cancel(step);
    for (const effect of reaction.effects ?? []) this.request(effect);
    for (const [name, afterMs] of Object.entries(reaction.timers ?? {})) {
      if (afterMs === null) this.clearTimer(name);
      else this.#timers.set(name, { name, dueAtMs: this.#nowMs + afterMs, afterMs });
    }
    if (reaction.escalate !== undefined) this.escalate(reaction.escalate, canAlert);
    if (reaction.undo === true) this.#beginUndo();
  }

  /** Goes on with undoing where the last one is settled. True when nothing is left to undo: the saga is to be told. */
  continueUndo(): boolean {
    const list = this.#undoing;
    if (list === null) return false;
    const progress = this.#progress();
    const isRunning = [...progress].some(([step, { state }]) => step.startsWith(UNDO_PREFIX) && isUnsettled(state));
    if (isRunning) return false;
    const step = list.at(-1);
    if (step === undefined) {
      this.#undoing = null;
      return true;
    }
    this.#undoing = list.slice(0, -1);
    const undo = progress.get(step)?.effect.undo;
    if (undo === null || undo === undefined) return this.continueUndo();
    this.request({ step: UNDO_PREFIX + step, ...undo, attemptsMax: UNDO_ATTEMPTS_MAX });
    return false;
  }

  /** The record, and the state after it. A saga in an end state stays open until its outbox is empty. */
  finish(stimulus: SagaStimulus): SagaAdvanced {
    const { kind, id, run, openedAtMs } = this.#before;
    const isAtEnd = this.#chart.isEnd(this.#status);
    if (isAtEnd && !this.#isNewRun) for (const name of this.#before.timers.keys()) this.clearTimer(name);
    const fact: SagaAdvanced = {
      type: 'SagaAdvanced',
      saga: kind,
      sagaId: id,
      run: this.#isNewRun ? run + 1 : run,
      recordedAt: new Date(this.#nowMs).toISOString(),
      stimulus,
      event: this.#event,
      status: this.#status,
      data: this.#data,
      effects: [...this.#effects.values()],
      changes: [...this.#changes.values()],
      timers: [...this.#timers.values()].filter(({ dueAtMs }) => !isAtEnd || dueAtMs === null),
      undoing: this.#undoing,
      escalation: this.#escalation,
      followedPosition: this.#followedPosition,
      summary: {
        isOpen: true,
        openedAtMs: this.#isNewRun ? this.#nowMs : openedAtMs,
        triggerCount: this.#triggerCount,
        attempts: this.#attempts,
        isEscalated: this.view().isEscalated,
        dueAtMs: null,
        dueAfterMs: 0,
        pending: [],
      },
    };
    const folded = foldSaga(this.#before, fact, this.#before.revision + 1, 0);
    const summary = summaryOf(folded);
    return { ...fact, summary: { ...summary, isOpen: !isAtEnd || summary.pending.length > 0 } };
  }

  #transition(event: string): void {
    const next = this.#chart.next(this.#status, event);
    if (next === null) {
      throw new PalisadeError(
        'ENGINE_INTERNAL',
        `Cannot advance a saga of kind ${this.#before.kind} as its machine does not take ${event}: ` +
          `it is in state ${this.#status}. Report this.`,
      );
    }
    this.#event = this.#event === '' ? event : `${this.#event}+${event}`;
    this.#status = next;
  }

  #cancel(step: string): void {
    const known = this.#progress().get(step);
    if (known !== undefined && isUnsettled(known.state)) this.change(step, 'cancelled', known.attempts, null);
  }

  #beginUndo(): void {
    const progress = this.#progress();
    const undoable = [...progress].filter(([, { effect, state }]) => effect.undo !== null && state !== 'cancelled');
    // What is given up, or on its way right now, may have been carried out all the same: it is undone too.
    for (const [step, { state }] of undoable) if (isUnsettled(state)) this.#cancel(step);
    this.#undoing = undoable.map(([step]) => step);
  }
}

/** Whether an effect is not at its end. */
export function isUnsettled(state: EffectState): boolean {
  return state === 'pending' || state === 'accepted';
}
