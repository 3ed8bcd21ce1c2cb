import type { AnyStateMachine } from 'xstate';
import type { Position } from '../../domain/entities.ts';
import { effectIdOf, effectPartsOf, type SagaAdvanced, type SagaCause, type SagaStimulus } from '../../domain/sagas.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventLog, StoredRecord, Subscription } from '../../ports/event-log.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Outbound } from '../../ports/outbound.ts';
import type { Random } from '../../ports/random.ts';
import type { SagaDefinition } from '../../ports/saga.ts';
import type {
  FollowUp,
  SagaConfirmation,
  SagaOrder,
  SagaReport,
  SagaStart,
  SagaStatistics,
  Sagas,
} from '../../ports/saga-door.ts';
import type { SagaIndex, SagaQuery, SagaRow } from '../../ports/saga-index.ts';
import { Alarm } from './alarm.ts';
import { attemptOf, EffectSender } from './effect-sender.ts';
import type { LaneCalls, LaneItem, SentAttempt } from './endpoint-lane.ts';
import { FollowedPositions } from './followed-positions.ts';
import { IndexKeeper } from './index-keeper.ts';
import { SagaBook } from './saga-book.ts';
import { catchUp } from './saga-catch-up.ts';
import { SagaCounters } from './saga-counters.ts';
import { SagaDesk } from './saga-desk.ts';
import { isUnsettled } from './saga-draft.ts';
import { gather, rowOf, type SagaHandle, type StimulusOutcome } from './saga-handle.ts';
import { type SagaKind, sagaFactOf } from './saga-loader.ts';
import { SagaOutbox } from './saga-outbox.ts';
import { noSuchSaga, refusedBySaga, unknownKind } from './saga-refusals.ts';
import { followUpsOn, reportSaga } from './saga-report.ts';
import { type RulesInForce, rulesInForce, type SagaRules, sagaKindsOf } from './saga-rules.ts';
import { SagaTime } from './saga-time.ts';

/** Facts whose sagas are not durable yet, before the runner stops to read on. */
const OPEN_FACTS_MAX = 2_000;
/** How long a saga is left alone after a step that failed, ms. */
const REST_MS = 5_000;

export type SagaRunnerParts = SagaRules & {
  readonly log: EventLog;
  readonly index: SagaIndex;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Delivers to every endpoint but `sagas`. */
  readonly outbound: Outbound;
  readonly definitions: readonly SagaDefinition<AnyStateMachine>[];
  /** Sagas whose state is kept in memory; the others are folded again when something comes for them. */
  readonly residentMax: number;
  /** Asked before each attempt: false where the sagas are another process's by now. Absent where there is no other. */
  readonly mayAct?: () => Promise<boolean>;
};

/**
 * Runs sagas over one log: starts them for what the log holds, takes each step durably, sends their effects, and keeps
 * their deadlines. What it knows it can rebuild from the log. One runner a log at a time: where two overlap as one
 * takes over from the other, the expected revisions fence their steps, and each takes over what the other did.
 */
export class SagaRunner implements Sagas {
  readonly #parts: SagaRunnerParts;
  readonly #kinds: ReadonlyMap<string, SagaKind>;
  readonly #book: SagaBook;
  readonly #desk: SagaDesk;
  readonly #outbox: SagaOutbox;
  readonly #sender: EffectSender;
  #rules: RulesInForce;
  readonly #index: IndexKeeper;
  readonly #counters = new SagaCounters();
  readonly #time: SagaTime;
  #followed = new FollowedPositions(0);
  /** Steps up to here were in the rows that the runner began with. */
  #caughtUpPosition: Position = 0;
  #subscription: Subscription | null = null;
  readonly #alarm: Alarm;
  #isStopped = false;

  constructor(parts: SagaRunnerParts) {
    this.#parts = parts;
    const { log, clock, random, definitions, endpoints, residentMax, outbound } = parts;
    this.#time = new SagaTime(clock);
    this.#alarm = new Alarm(clock, this.#time, () => this.#pump());
    this.#kinds = sagaKindsOf(definitions);
    this.#book = new SagaBook(residentMax);
    this.#rules = rulesInForce(this.#kinds, parts);
    this.#desk = new SagaDesk({
      log,
      clock,
      book: this.#book,
      kinds: this.#kinds,
      settingsOf: (kind) => this.#rules.settingsOf(kind),
      contextOf: () => ({
        nowMs: this.#time.nowMs(),
        random: random.next(),
        followedPosition: this.#followed.position,
      }),
      started: ({ kind, id }, ahead) => {
        this.#outbox.offer(rowOf(ahead), this.#orderKeyOf(kind, id));
        this.#pump();
      },
      advanced: (handle, fact, fencedBy) => this.#advanced(handle, fact, fencedBy),
      failed: (handle, error) => this.#failedStep(handle, error),
      looked: (handle) => this.#looked(handle),
    });
    this.#sender = new EffectSender({
      log,
      clock,
      outbound,
      book: this.#book,
      kinds: this.#kinds,
      time: this.#time,
      mayAct: parts.mayAct,
      start: (request) => this.start(request),
    });
    const calls: LaneCalls = {
      send: (item) => this.#sender.send(item),
      answered: (item, attempt) => {
        this.#counters.attempted(attempt.answer.outcome);
        void this.#settle(item, attempt);
        this.#pump();
      },
    };
    this.#outbox = new SagaOutbox(endpoints, calls, () => random.next());
    this.#index = new IndexKeeper(parts.index, clock, parts.logger);
  }

  /** Reads where the sagas stand, resumes them, and begins to follow the log. Rejects with LOG_ errors. */
  async open(): Promise<void> {
    const { log } = this.#parts;
    const found = await catchUp(log, this.#parts.index, this.#kinds, this.#time.nowMs());
    this.#followed = new FollowedPositions(found.followedPosition);
    this.#caughtUpPosition = found.readPosition;
    const nowMs = this.#time.nowMs();
    for (const row of found.rows) {
      // The doors are open already: what came since stands as it is.
      if (!row.isOpen || (this.#book.find(row.kind, row.id)?.row?.revision ?? -1) >= row.revision) continue;
      this.#scheduleNext(this.#book.put(row));
      this.#outbox.resume(row, this.#orderKeyOf(row.kind, row.id), nowMs);
    }
    for (const row of found.changed) this.#index.changed(row);
    await this.#index.open(() => this.#followed.position);
    this.#subscription = log.subscribe({
      afterPosition: found.followedPosition,
      onRecords: (records) => this.#follow(records),
      onError: (error) => this.#fail(error),
    });
    this.#pump();
  }

  /** Goes by other rules from the next record and the next step on; what waits goes to the endpoints that are now. */
  install(rules: SagaRules): void {
    this.#rules = rulesInForce(this.#kinds, rules);
    this.#outbox.configure(rules.endpoints);
    this.#pump();
  }

  /** Up to where every record was looked at, and what it asked for is durable. */
  get followedPosition(): Position {
    return this.#followed.position;
  }

  /** Ends the following and the sending. What is under way is taken up by the next life. */
  async close(): Promise<void> {
    this.#isStopped = true;
    this.#alarm.stop();
    await this.#subscription?.close();
    await this.#index.close();
  }

  async start(request: SagaStart): Promise<SagaRow> {
    this.#requireKind(request.kind);
    const { kind, id, requestId, source, by, reasons, input } = request;
    const cause: SagaCause = { source, position: 0, reference: requestId, by, reasons };
    return this.#ask(kind, id, { type: 'trigger', cause, input, count: 1 });
  }

  async order({ kind, id, command, by, input }: SagaOrder): Promise<SagaRow> {
    this.#requireKind(kind);
    const row = await this.#ask(kind, id, { type: 'command', command, by, input });
    if (command !== 'retry') return row;
    this.#outbox.enable(row);
    this.#pump();
    return row;
  }

  async confirm({ endpoint, effectId, succeeded, detail }: SagaConfirmation): Promise<boolean> {
    const { kind, id, run, step } = effectPartsOf(effectId);
    if (!this.#kinds.has(kind)) return false;
    const stimulus = { type: 'confirmation', endpoint, step, run, succeeded, detail } as const;
    const outcome = await this.#put(kind, id, stimulus);
    if (outcome.type === 'failed') throw outcome.error;
    return outcome.type === 'recorded';
  }

  async list(query: SagaQuery): Promise<{ readonly total: number; readonly rows: readonly SagaRow[] }> {
    await this.#index.flush();
    return this.#parts.index.find(query);
  }

  read(kind: string, id: string): Promise<SagaReport | null> {
    return reportSaga(this.#parts.log, this.#kinds, kind, id);
  }

  followUps(transactionId: string): Promise<readonly FollowUp[]> {
    return followUpsOn(this.#parts.log, this.#kinds, transactionId);
  }

  kinds(): readonly string[] {
    return [...this.#kinds.keys()];
  }

  statistics(): SagaStatistics {
    const lagRecords = Math.max(0, this.#parts.log.statistics().headPosition - this.#followed.seen);
    return {
      ...this.#counters.report(this.#book.handles(), this.#time.nowMs()),
      endpoints: this.#outbox.reports(),
      lagRecords,
      openFacts: this.#followed.openCount,
      openFactsMax: OPEN_FACTS_MAX,
      blockedMs: this.#followed.blocked.totalMs(this.#parts.clock.monotonicMs()),
    };
  }

  #follow(records: readonly StoredRecord[]): void | Promise<void> {
    for (const record of records) {
      if (record.type === 'SagaAdvanced') this.#seeStep(record);
      else this.#seeFact(record);
    }
    this.#index.moved();
    if (this.#followed.openCount >= OPEN_FACTS_MAX) return this.#followed.room(OPEN_FACTS_MAX, this.#parts.clock);
  }

  /** A step is in its saga's row once it was acknowledged here; one of another process is taken over from the log. */
  #seeStep(record: StoredRecord): void {
    const { recordId, position } = record;
    const acknowledged = this.#desk.acknowledgement(recordId);
    const isKnown = acknowledged === undefined && (this.#desk.takeOwn(recordId) || position <= this.#caughtUpPosition);
    this.#followed.see(position, isKnown ? 0 : 1);
    if (isKnown) return;
    void Promise.resolve(acknowledged)
      .then(() => (acknowledged !== undefined && this.#desk.takeOwn(recordId) ? undefined : this.#adopt(record)))
      .then(() => this.#followed.settle(position));
  }

  /** Another process, which has lost the sagas or is about to, took a step: this one goes on from there. */
  async #adopt(record: StoredRecord): Promise<void> {
    const { saga, sagaId } = sagaFactOf(record);
    const fencedBy = record.streams.length > 1 ? this.#kinds.get(saga)?.definition.fencedBy : undefined;
    for (const kind of [saga, fencedBy ?? '']) if (this.#kinds.has(kind)) await this.#refresh(kind, sagaId);
    this.#pump();
  }

  #seeFact(record: StoredRecord): void {
    const asked = this.#rules.asking.of(record);
    this.#followed.see(record.position, asked.length);
    for (const { kind, id, input, cause } of asked) {
      void this.#trigger(kind, id, { type: 'trigger', cause, input, count: 1 }).then((outcome) => {
        if (outcome.type !== 'failed') this.#followed.settle(record.position);
      });
    }
  }

  /** Puts a trigger to a saga, and tells the one that has to lose against it. */
  async #trigger(
    kind: string,
    id: string,
    stimulus: SagaStimulus & { readonly type: 'trigger' },
  ): Promise<StimulusOutcome> {
    const loser = this.#kinds.get(kind)?.definition.supersedes;
    const isLoserOpen = loser !== undefined && this.#book.find(loser, id) !== undefined;
    const own = this.#put(kind, id, stimulus);
    if (!isLoserOpen) return own;
    const [outcome, other] = await Promise.all([
      own,
      this.#put(loser, id, { type: 'superseded', cause: stimulus.cause }),
    ]);
    return other.type === 'failed' ? other : outcome;
  }

  async #ask(kind: string, id: string, stimulus: SagaStimulus): Promise<SagaRow> {
    const outcome = await (stimulus.type === 'trigger'
      ? this.#trigger(kind, id, stimulus)
      : this.#put(kind, id, stimulus));
    if (outcome.type === 'failed') throw outcome.error;
    if (outcome.type === 'refused') throw refusedBySaga(kind, outcome.reason);
    if (outcome.row === null) throw noSuchSaga(kind);
    return outcome.row;
  }

  #put(kind: string, id: string, stimulus: SagaStimulus | null): Promise<StimulusOutcome> {
    const handle = this.#book.acquire(kind, id);
    const done = Promise.withResolvers<StimulusOutcome>();
    if (!gather(handle, stimulus, done.resolve)) {
      const gatherMs = handle.row?.isOpen === true && stimulus?.type === 'trigger' ? this.#gatherMsOf(kind) : 0;
      const notBeforeMs = gatherMs === 0 ? 0 : this.#time.nowMs() + gatherMs;
      handle.queue.push({ stimulus, notBeforeMs, settled: [done.resolve] });
      if (gatherMs > 0) this.#scheduleNext(handle);
    }
    this.#desk.work(handle);
    return done.promise;
  }

  /** Has an attempt recorded. One that changes nothing is of an effect that is no longer wanted. */
  async #settle(item: LaneItem, attempt: SentAttempt): Promise<void> {
    const outcome = await this.#put(item.kind, item.id, attemptOf(item, attempt));
    if (outcome.type === 'nothing') this.#outbox.remove(item.endpoint, item.effectId);
    if (outcome.type !== 'failed') return;
    this.#outbox.recorded(item.endpoint, item.effectId);
    const row = this.#book.find(item.kind, item.id)?.row;
    if (row === null || row === undefined) return;
    const retryAtMs = this.#time.nowMs() + REST_MS;
    this.#outbox.offer({ ...row, pending: row.pending.map((each) => ({ ...each, retryAtMs })) }, item.orderKey);
  }

  #gatherMsOf(kind: string): number {
    return this.#kinds.get(kind)?.definition.gatherMs ?? 0;
  }

  #advanced(handle: SagaHandle, fact: SagaAdvanced, fencedBy: string | null): void {
    const { row } = handle;
    if (row === null) return;
    for (const { step, state } of fact.changes) {
      const endpoint = handle.state?.effects.get(step)?.effect.endpoint ?? '';
      const effectId = effectIdOf(row.kind, row.id, row.run, step);
      if (!isUnsettled(state)) this.#outbox.remove(endpoint, effectId);
      else if (fact.stimulus.type === 'attempt') this.#outbox.recorded(endpoint, effectId);
    }
    this.#counters.advanced(row, fact);
    this.#outbox.offer(row, this.#orderKeyOf(row.kind, row.id));
    this.#index.changed(row);
    if (fact.escalation !== '') {
      this.#parts.logger.warn('A saga needs a person', { kind: row.kind, state: row.status, reason: fact.escalation });
    }
    if (fencedBy !== null) void this.#refresh(fencedBy, handle.id);
    this.#pump();
  }

  /** Looks at a saga anew whose stream another kind wrote to. */
  async #refresh(kind: string, id: string): Promise<void> {
    const handle = this.#book.acquire(kind, id);
    handle.state = null;
    const outcome = await this.#put(kind, id, null);
    if (outcome.type !== 'nothing' || outcome.row === null) return;
    this.#index.changed(outcome.row);
    this.#outbox.offer(outcome.row, this.#orderKeyOf(kind, id));
  }

  #looked(handle: SagaHandle): void {
    this.#scheduleNext(handle);
    this.#book.release(handle);
  }

  #failedStep(handle: SagaHandle, error: Error): void {
    handle.restUntilMs = this.#time.nowMs() + REST_MS;
    this.#parts.logger.error('A step of a saga could not be taken', { kind: handle.kind, reason: error.message });
  }

  /** The next deadline of a saga: its own, or the end of a time in which it gathers. */
  #scheduleNext(handle: SagaHandle): void {
    const { row, restUntilMs } = handle;
    const isTimed = row !== null && row.dueAtMs !== null;
    // Never further away than it was when it was set, whatever the wall clock was then.
    const timerAtMs = isTimed ? Math.min(row.dueAtMs, this.#time.nowMs() + row.dueAfterMs) : Number.POSITIVE_INFINITY;
    handle.timerAtMs = Math.max(timerAtMs, restUntilMs);
    const gathered = handle.queue.map(({ notBeforeMs }) => notBeforeMs).filter((atMs) => atMs > 0);
    const dueAtMs = Math.min(handle.timerAtMs, ...gathered);
    this.#book.schedule(handle, dueAtMs === Number.POSITIVE_INFINITY ? null : dueAtMs);
    this.#alarm.arm(dueAtMs);
  }

  /** Takes what is due, starts what may be sent, and sets the alarm for what comes next. */
  #pump(): void {
    if (this.#isStopped) return;
    const nowMs = this.#time.nowMs();
    for (let due = this.#book.takeDue(nowMs); due !== null; due = this.#book.takeDue(nowMs)) {
      if (due.timerAtMs <= nowMs) void this.#put(due.kind, due.id, { type: 'timer', name: '' });
      else this.#desk.work(due);
    }
    this.#alarm.arm(Math.min(this.#book.nextDueMs(), this.#outbox.pump(nowMs)));
  }

  #orderKeyOf(kind: string, id: string): string {
    return `${this.#kinds.get(kind)?.definition.concerns ?? kind}:${id}`;
  }

  #requireKind(kind: string): void {
    if (!this.#kinds.has(kind)) throw unknownKind(this.kinds());
  }

  #fail(error: Error): void {
    if (this.#isStopped) return;
    this.#parts.logger.error('The sagas follow the log no more', { reason: error.message });
  }
}
