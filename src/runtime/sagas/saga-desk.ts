import { encodeFact } from '../../codec/mod.ts';
import type { Position } from '../../domain/entities.ts';
import { isPalisadeError, PalisadeError } from '../../domain/errors.ts';
import type { SagaState } from '../../domain/saga-state.ts';
import { type SagaAdvanced, type SagaStimulus, sagaRecordId, sagaStreamOf } from '../../domain/sagas.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventLog, RecordDraft, StreamWrite } from '../../ports/event-log.ts';
import type { SagaSettings } from '../../ports/saga.ts';
import { type AdvanceContext, advanceSaga } from './advance.ts';
import type { SagaBook } from './saga-book.ts';
import { foldSaga } from './saga-folding.ts';
import { type QueuedStimulus, rowOf, type SagaHandle, type StimulusOutcome } from './saga-handle.ts';
import { loadSaga, type SagaKind } from './saga-loader.ts';
import { isSnapshotDue, snapshotOf } from './saga-snapshot.ts';

/** Times that a step is decided anew after another writer won. */
const CONFLICTS_MAX = 8;
const UNKNOWN_OUTCOME_PAUSE_MS = 100;

export type DeskParts = {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly book: SagaBook;
  readonly kinds: ReadonlyMap<string, SagaKind>;
  readonly settingsOf: (kind: string) => SagaSettings;
  /** What holds for a step that is decided now. */
  readonly contextOf: () => Pick<AdvanceContext, 'nowMs' | 'random' | 'followedPosition'>;
  /** A first step is on its way to the disk, and its effects may go out: `handle.ahead` is the state after it. */
  readonly started: (handle: SagaHandle, ahead: SagaState) => void;
  /** A step is durable. */
  readonly advanced: (handle: SagaHandle, fact: SagaAdvanced, fencedBy: string | null) => void;
  /** A step could not be taken. */
  readonly failed: (handle: SagaHandle, error: Error) => void;
  /** A stimulus was looked at, whatever came of it. */
  readonly looked: (handle: SagaHandle) => void;
};

/** Takes what comes for each saga in its turn: one step of a saga at a time, each durable before the next. */
export class SagaDesk {
  readonly #parts: DeskParts;
  /** Records handed to the log that it has not acknowledged. */
  readonly #unacknowledged = new Map<string, Promise<unknown>>();
  /** Records that the log took from here, and that were not met there yet. */
  readonly #own = new Set<string>();

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** The append of a record that is not acknowledged yet; undefined where there is none. */
  acknowledgement(recordId: string): Promise<unknown> | undefined {
    return this.#unacknowledged.get(recordId);
  }

  /** Whether a record that is met in the log, each once, is from here. */
  takeOwn(recordId: string): boolean {
    return this.#own.delete(recordId);
  }

  /** Works through what waits for a saga. */
  work(handle: SagaHandle): void {
    if (handle.isBusy) return;
    const next = this.#next(handle);
    if (next === null) return;
    handle.isBusy = true;
    void this.#run(handle, next);
  }

  async #run(handle: SagaHandle, first: QueuedStimulus): Promise<void> {
    for (let next: QueuedStimulus | null = first; next !== null; next = this.#next(handle)) {
      const outcome = await this.#take(handle, next.stimulus);
      if (outcome.type === 'failed') this.#parts.failed(handle, outcome.error);
      for (const settled of next.settled) settled(outcome);
    }
    handle.isBusy = false;
    this.#parts.looked(handle);
  }

  #next(handle: SagaHandle): QueuedStimulus | null {
    const { nowMs } = this.#parts.contextOf();
    const index = handle.queue.findIndex(({ notBeforeMs }) => notBeforeMs <= nowMs);
    return index === -1 ? null : (handle.queue.splice(index, 1)[0] ?? null);
  }

  async #take(handle: SagaHandle, given: SagaStimulus | null): Promise<StimulusOutcome> {
    let stimulus = given;
    for (let conflicts = 0; ; conflicts++) {
      try {
        return await this.#attempt(handle, stimulus);
      } catch (error) {
        handle.state = null;
        handle.ahead = null;
        const isConflict =
          isPalisadeError(error, 'LOG_REVISION_CONFLICT') || isPalisadeError(error, 'LOG_RECORD_EXISTS');
        const hasLostFence = isConflict && this.#hasLostFence(handle, error);
        const isStart = stimulus === null || stimulus.type === 'trigger';
        if (!isConflict || conflicts >= CONFLICTS_MAX || (hasLostFence && isStart)) {
          return { type: 'failed', error: errorOf(error) };
        }
        if (hasLostFence) stimulus = superseded(error);
      }
    }
  }

  /** Whether the stream that fences a saga has moved on: then it is superseded, and may not even start. */
  #hasLostFence({ kind, id }: SagaHandle, error: PalisadeError): boolean {
    const fencedBy = this.#parts.kinds.get(kind)?.definition.fencedBy;
    return fencedBy !== undefined && error.details.stream === sagaStreamOf(fencedBy, id);
  }

  async #attempt(handle: SagaHandle, given: SagaStimulus | null): Promise<StimulusOutcome> {
    const { kinds, log, book, settingsOf, contextOf } = this.#parts;
    const kind = kinds.get(handle.kind);
    if (kind === undefined) return { type: 'refused', reason: 'there is no such kind of saga' };
    const state = handle.state ?? (await loadSaga(log, kind, handle.id));
    book.keep(handle, state);
    const isOvertaken = handle.row !== null && handle.row.revision !== state.revision;
    const stimulus = given === null || (isOvertaken && isDeadline(given)) ? null : named(given, state);
    if (stimulus === null) {
      handle.row = state.run === 0 ? null : rowOf(state);
      return { type: 'nothing', row: handle.row };
    }
    const context = { ...settingsOf(handle.kind), ...contextOf() };
    const advance = advanceSaga(kind.definition, kind.chart, state, stimulus, context);
    if (advance.type === 'refused') return advance;
    if (advance.type === 'nothing') return { type: 'nothing', row: state.run === 0 ? null : rowOf(state) };
    const { fact } = advance;
    const fence = stimulus.type === 'superseded' ? null : fenceOf(kind, state, fact);
    const appending = this.#append(draftOf(state, fact, fence));
    if (isSentAhead(kind, state, fact)) this.#sendAhead(handle, state, fact);
    const position = await appending;
    handle.ahead = null;
    const fenceRevision = fence === null ? state.fenceRevision : fence.expectedRevision + 1;
    const next = { ...foldSaga(state, fact, state.revision + 1, position), fenceRevision };
    if (isSnapshotDue(state, next)) log.writeSnapshot(snapshotOf(next));
    book.keep(handle, next);
    handle.row = rowOf(next);
    this.#parts.advanced(handle, fact, fence === null ? null : (kind.definition.fencedBy ?? null));
    return { type: 'recorded', row: handle.row };
  }

  /** The effects have their place in the order of effects as if the record stood after all that are durable now. */
  #sendAhead(handle: SagaHandle, state: SagaState, fact: SagaAdvanced): void {
    const position = this.#parts.log.statistics().headPosition + 1;
    handle.ahead = foldSaga(state, fact, state.revision + 1, position);
    this.#parts.started(handle, handle.ahead);
  }

  /** Appends, and repeats the identical call as long as the log cannot say what became of it. */
  async #append(draft: RecordDraft): Promise<Position> {
    for (;;) {
      const appending = this.#parts.log.append(draft);
      this.#unacknowledged.set(
        draft.recordId,
        appending.catch(() => {}),
      );
      try {
        const position = await appending;
        this.#own.add(draft.recordId);
        return position;
      } catch (error) {
        if (!isPalisadeError(error, 'LOG_OUTCOME_UNKNOWN')) throw error;
        await new Promise<void>((resolve) => this.#parts.clock.schedule(UNKNOWN_OUTCOME_PAUSE_MS, resolve));
      } finally {
        this.#unacknowledged.delete(draft.recordId);
      }
    }
  }
}

/** What a saga is told that has lost its fence. */
function superseded({ details }: PalisadeError): SagaStimulus {
  const reference = `fence:${String(details.actualRevision)}`;
  return { type: 'superseded', cause: { source: 'saga', position: 0, reference, by: '', reasons: [] } };
}

/** Whether something falls due: of a row that another writer has overtaken it may be due no more, or later. */
function isDeadline(stimulus: SagaStimulus): boolean {
  return stimulus.type === 'timer' && stimulus.name === '';
}

/** Due deadlines arrive without a name: the earliest one of the saga is meant. Null where none is set. */
function named(stimulus: SagaStimulus, state: SagaState): SagaStimulus | null {
  if (stimulus.type !== 'timer' || stimulus.name !== '') return stimulus;
  const [earliest] = [...state.timers].sort(([, left], [, right]) => left.dueAtMs - right.dueAtMs);
  return earliest === undefined ? null : { type: 'timer', name: earliest[0] };
}

/** Whether a step is the first of a run that follows from a durable record alone, in a kind that may go ahead. */
function isSentAhead({ definition }: SagaKind, state: SagaState, { stimulus, run, effects }: SagaAdvanced): boolean {
  const isAskedByRecord = stimulus.type === 'trigger' && stimulus.cause.position > 0;
  return definition.isPrompt === true && isAskedByRecord && run !== state.run && effects.length > 0;
}

function fenceOf({ definition }: SagaKind, state: SagaState, fact: SagaAdvanced): StreamWrite | null {
  if (definition.fencedBy === undefined) return null;
  const stated = fact.stimulus.type === 'trigger' ? fact.stimulus.input.expectedRevision : state.fenceRevision;
  const expectedRevision = typeof stated === 'number' ? stated : state.fenceRevision;
  return { stream: sagaStreamOf(definition.fencedBy, state.id), expectedRevision };
}

function draftOf(state: SagaState, fact: SagaAdvanced, fence: StreamWrite | null): RecordDraft {
  const { kind, id, revision } = state;
  const own = { stream: sagaStreamOf(kind, id), expectedRevision: revision };
  return {
    recordId: sagaRecordId(kind, id, revision + 1),
    type: fact.type,
    body: encodeFact(fact),
    streams: fence === null ? [own] : [own, fence],
  };
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new PalisadeError('ENGINE_INTERNAL', `Cannot take a step: ${String(error)}.`);
}
