import type { SagaState } from '../../domain/saga-state.ts';
import { effectIdOf, type SagaStimulus, type SagaValue } from '../../domain/sagas.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Outbound, OutboundAnswer, OutboundCommand } from '../../ports/outbound.ts';
import type { SagaStart } from '../../ports/saga-door.ts';
import type { LaneItem, SentAttempt } from './endpoint-lane.ts';
import type { SagaBook } from './saga-book.ts';
import { isUnsettled, SAGAS_ENDPOINT } from './saga-draft.ts';
import { loadSaga, type SagaKind } from './saga-loader.ts';
import type { SagaTime } from './saga-time.ts';

export type EffectSenderParts = {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly outbound: Outbound;
  readonly book: SagaBook;
  readonly kinds: ReadonlyMap<string, SagaKind>;
  readonly time: SagaTime;
  /** Starts another saga. */
  readonly start: (request: SagaStart) => Promise<unknown>;
  /** Asked before each attempt: false where the sagas are another process's by now. Absent where there is no other. */
  readonly mayAct: (() => Promise<boolean>) | undefined;
};

/** Makes the attempts that the lanes ask for: reads what is to be sent from the saga, and times the answer. */
export class EffectSender {
  readonly #parts: EffectSenderParts;

  constructor(parts: EffectSenderParts) {
    this.#parts = parts;
  }

  /** One attempt; null where the effect is no longer wanted. Never rejects. */
  async send(item: LaneItem): Promise<SentAttempt | null> {
    const { time, clock, outbound, mayAct } = this.#parts;
    if (mayAct !== undefined && !(await mayAct())) return null;
    const startedAtMs = time.nowMs();
    const fromMs = clock.monotonicMs();
    let answer: OutboundAnswer;
    try {
      const command = await this.#commandOf(item);
      if (command === null) return null;
      answer = await (command.endpoint === SAGAS_ENDPOINT ? this.#startSaga(command) : outbound.deliver(command));
    } catch (error) {
      answer = failed(error instanceof Error ? error.message : String(error));
    }
    return { answer, startedAtMs, latencyMs: Math.round((clock.monotonicMs() - fromMs) * 1e3) / 1e3 };
  }

  async #commandOf({ kind: name, id, run, step, orderKey }: LaneItem): Promise<OutboundCommand | null> {
    const { book, kinds, log } = this.#parts;
    const kind = kinds.get(name);
    if (kind === undefined) return null;
    const handle = book.find(name, id);
    const state: SagaState = handle?.ahead ?? handle?.state ?? (await loadSaga(log, kind, id));
    const progress = state.effects.get(step);
    if (state.run !== run || progress === undefined || !isUnsettled(progress.state)) return null;
    const { effect, attempts, requestedAtMs } = progress;
    return {
      endpoint: effect.endpoint,
      effectId: effectIdOf(name, id, run, step),
      type: effect.type,
      orderKey,
      attempt: attempts + 1,
      sagaKind: name,
      sagaId: id,
      run,
      step,
      requestedAt: new Date(requestedAtMs).toISOString(),
      body: effect.body,
    };
  }

  /** An effect that is another saga: the effect's id is the id of the request, so that it is started once. */
  async #startSaga({ effectId, sagaKind, body }: OutboundCommand): Promise<OutboundAnswer> {
    const { kind, id, input } = body;
    if (typeof kind !== 'string' || typeof id !== 'string') return failed('the effect names no saga');
    await this.#parts.start({
      kind,
      id,
      requestId: effectId,
      source: 'saga',
      by: sagaKind,
      reasons: [],
      input: isData(input) ? input : {},
    });
    return { outcome: 'confirmed', code: 0, detail: '', pauseMs: 0 };
  }
}

function isData(value: SagaValue | undefined): value is { readonly [name: string]: SagaValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function failed(detail: string): OutboundAnswer {
  return { outcome: 'failed', code: 0, detail, pauseMs: 0 };
}

/** An attempt as the saga is told of it. */
export function attemptOf({ step, run }: LaneItem, { answer, startedAtMs, latencyMs }: SentAttempt): SagaStimulus {
  return { type: 'attempt', step, run, startedAt: new Date(startedAtMs).toISOString(), latencyMs, ...answer };
}
