import { assertNever } from '../../domain/assert-never.ts';
import type { Position } from '../../domain/entities.ts';
import type { SagaState } from '../../domain/saga-state.ts';
import type { SagaAdvanced, SagaStimulus } from '../../domain/sagas.ts';
import type { SagaContext, SagaDefinition, SagaHappening } from '../../ports/saga.ts';
import { pauseAfter } from './backoff.ts';
import type { SagaChart } from './saga-chart.ts';
import { isUnsettled, SAGAS_ENDPOINT, SagaDraft } from './saga-draft.ts';
import { isHeard } from './saga-folding.ts';

/** How long a receiver that accepted may take to confirm before it is asked again, ms. */
export const CONFIRM_WITHIN_MS = 30_000;

export type AdvanceContext = SagaContext & {
  /** A number in [0, 1), drawn for this step. */
  readonly random: number;
  /** Position up to which every fact that asks for a saga was taken into account. */
  readonly followedPosition: Position;
};

/** What a stimulus does: the next record, nothing (a repeat, or too late), or a refusal of a command. */
export type Advance =
  | { readonly type: 'step'; readonly fact: SagaAdvanced }
  | { readonly type: 'nothing' }
  | { readonly type: 'refused'; readonly reason: string };

const NOTHING: Advance = { type: 'nothing' };

type Attempt = SagaStimulus & { readonly type: 'attempt' };

/** Decides what a stimulus makes of a saga. Pure: the same arguments give the same record. */
export function advanceSaga(
  definition: SagaDefinition,
  chart: SagaChart,
  state: SagaState,
  stimulus: SagaStimulus,
  context: AdvanceContext,
): Advance {
  return new Stepper(definition, chart, state, context).take(stimulus);
}

class Stepper {
  readonly #definition: SagaDefinition;
  readonly #state: SagaState;
  readonly #context: AdvanceContext;
  readonly #chart: SagaChart;
  #draft: SagaDraft;

  constructor(definition: SagaDefinition, chart: SagaChart, state: SagaState, context: AdvanceContext) {
    this.#definition = definition;
    this.#state = state;
    this.#context = context;
    this.#chart = chart;
    this.#draft = new SagaDraft(state, chart, false, context);
  }

  take(stimulus: SagaStimulus): Advance {
    switch (stimulus.type) {
      case 'trigger':
        return this.#trigger(stimulus);
      case 'superseded': {
        if (!this.#state.isOpen || isHeard(this.#state, stimulus.cause)) return NOTHING;
        return this.#react(stimulus, { type: 'superseded', cause: stimulus.cause });
      }
      case 'attempt':
        return this.#attempt(stimulus);
      case 'confirmation':
        return this.#confirmation(stimulus);
      case 'timer': {
        if (!this.#state.timers.has(stimulus.name)) return NOTHING;
        this.#draft.clearTimer(stimulus.name);
        return this.#react(stimulus, stimulus);
      }
      case 'command':
        return this.#command(stimulus);
      default:
        return assertNever(stimulus);
    }
  }

  #trigger(stimulus: SagaStimulus & { readonly type: 'trigger' }): Advance {
    const { cause, input, count } = stimulus;
    const state = this.#state;
    if (isHeard(state, cause)) return NOTHING;
    const isHeld = state.run > 0 && (state.isOpen || this.#definition.holdsEnd?.(this.#draft.view()) === true);
    if (!isHeld) this.#draft = new SagaDraft(state, this.#chart, true, this.#context);
    this.#draft.countTriggers(count);
    if (isHeld) return this.#react(stimulus, { type: 'joined', cause, input, count });
    this.#draft.remember(input);
    return this.#react(stimulus, { type: 'started', cause, input });
  }

  #attempt(stimulus: Attempt): Advance {
    const { step, run, outcome, detail, pauseMs } = stimulus;
    const progress = this.#state.effects.get(step);
    if (run !== this.#state.run || progress === undefined) return NOTHING;
    const draft = this.#draft;
    draft.countAttempt();
    const attempts = progress.attempts + 1;
    const { nowMs, random } = this.#context;
    if (!isUnsettled(progress.state)) return this.#record(stimulus);
    switch (outcome) {
      case 'confirmed':
        draft.change(step, 'done', attempts, null);
        return this.#settled(stimulus, { type: 'confirmed', step, detail });
      case 'accepted':
        draft.change(step, 'accepted', attempts, nowMs + Math.max(CONFIRM_WITHIN_MS, pauseAfter(attempts, random)));
        return this.#record(stimulus);
      case 'gone':
        draft.change(step, 'pending', attempts, null);
        return this.#react(stimulus, { type: 'gone', step });
      case 'failed':
        return this.#failed(stimulus, step, attempts, detail, pauseMs);
      default:
        return assertNever(outcome);
    }
  }

  #failed(stimulus: SagaStimulus, step: string, attempts: number, detail: string, pauseMs: number): Advance {
    const attemptsMax = this.#state.effects.get(step)?.effect.attemptsMax ?? null;
    if (attemptsMax !== null && attempts >= attemptsMax) {
      this.#draft.change(step, 'abandoned', attempts, null);
      return this.#settled(stimulus, { type: 'exhausted', step, detail });
    }
    const { nowMs, random } = this.#context;
    this.#draft.change(step, 'pending', attempts, nowMs + Math.max(pauseMs, pauseAfter(attempts, random)));
    return this.#record(stimulus);
  }

  #confirmation(stimulus: SagaStimulus & { readonly type: 'confirmation' }): Advance {
    const { endpoint, step, run, succeeded, detail } = stimulus;
    const progress = this.#state.effects.get(step);
    // Given up here is not given up there: a late word of success counts.
    const isOpen =
      progress !== undefined && (isUnsettled(progress.state) || (succeeded && progress.state === 'abandoned'));
    if (run !== this.#state.run || !isOpen || progress.effect.endpoint !== endpoint) return NOTHING;
    if (!succeeded) return this.#failed(stimulus, step, progress.attempts, detail, 0);
    this.#draft.change(step, 'done', progress.attempts, null);
    return this.#settled(stimulus, { type: 'confirmed', step, detail });
  }

  #command(stimulus: SagaStimulus & { readonly type: 'command' }): Advance {
    const { command, by } = stimulus;
    if (this.#state.run === 0) return { type: 'refused', reason: 'it was never started' };
    if (command === 'retry') return this.#retry(stimulus);
    if (command === 'escalate') {
      if (!this.#state.isOpen) return { type: 'refused', reason: `it is at its end: ${this.#state.status}` };
      this.#draft.escalate(`asked for by ${by}`, this.#canAlert);
      return this.#record(stimulus);
    }
    const happening = { type: 'command', command, by, input: stimulus.input } as const;
    const reaction = this.#definition.react(this.#draft.view(), happening, this.#context);
    if (reaction.refuse !== undefined) return { type: 'refused', reason: reaction.refuse };
    this.#draft.apply(reaction, this.#canAlert);
    return this.#record(stimulus);
  }

  #retry(stimulus: SagaStimulus): Advance {
    const waiting = [...this.#state.effects.values()].filter(({ state }) => isUnsettled(state));
    if (waiting.length === 0) return { type: 'refused', reason: 'nothing of it waits to be sent' };
    for (const { effect, attempts } of waiting)
      this.#draft.change(effect.step, 'pending', attempts, this.#context.nowMs);
    return this.#record(stimulus);
  }

  /** An effect came to its end. That of an undo is the runner's matter; of any other the saga is told. */
  #settled(stimulus: SagaStimulus, happening: SagaHappening & { readonly step: string }): Advance {
    if (!happening.step.includes(':')) return this.#react(stimulus, happening);
    if (happening.type === 'exhausted') {
      const reason = `${happening.step} was given up: ${happening.detail}`;
      if (!happening.step.startsWith('escalate:')) this.#draft.escalate(reason, this.#canAlert);
    }
    return this.#record(stimulus);
  }

  #react(stimulus: SagaStimulus, happening: SagaHappening): Advance {
    this.#draft.apply(this.#definition.react(this.#draft.view(), happening, this.#context), this.#canAlert);
    return this.#record(stimulus);
  }

  #record(stimulus: SagaStimulus): Advance {
    while (this.#draft.continueUndo()) {
      this.#draft.apply(this.#definition.react(this.#draft.view(), { type: 'undone' }, this.#context), this.#canAlert);
    }
    return { type: 'step', fact: this.#draft.finish(stimulus) };
  }

  get #canAlert(): boolean {
    return this.#definition.kind !== 'alert' && this.#context.endpoints.has(SAGAS_ENDPOINT);
  }
}
