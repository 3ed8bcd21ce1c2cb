import { decisionTextOf, decodeFact, encodeDecision, parseTransaction, sameTransaction } from '../codec/mod.ts';
import type { Decision } from '../domain/decision.ts';
import { isPalisadeError, PalisadeError } from '../domain/errors.ts';
import type { Transaction } from '../domain/events.ts';
import type { Clock } from '../ports/clock.ts';
import type { AuthorizeAnswer, AuthorizeCommand } from '../ports/engine.ts';
import type { EventLog } from '../ports/event-log.ts';
import { type Answered, type AuthorizeHooks, AuthorizeWork, transactionRecordId } from './authorize-work.ts';
import { PendingWorks } from './pending-works.ts';
import type { Program } from './program.ts';
import { RecentDecisions } from './recent-decisions.ts';
import { SupersedeWork, supersedeRecordId } from './supersede-work.ts';
import type { Transactor } from './transactor.ts';

/** How often overdue commands are looked for; answers of the fallback policy go out this much early at most. */
const DEADLINE_SWEEP_MS = 5;

/** What the log holds of a transaction; corrected where its caller was told otherwise than was recorded first. */
type Stored = { readonly transaction: Transaction; readonly answered: Answered; readonly isCorrected: boolean };

export type AuthorizerStatistics = { decisions: number; repeats: number; fallbacks: number; ruleFailures: number };

export type AuthorizerParts = {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly transactor: Transactor;
  readonly program: () => Program;
  readonly nowIso: () => string;
  /** A correction that cannot be recorded: nothing may be acknowledged after it. */
  readonly failed: (error: Error) => void;
  readonly recentMax: number;
};

/** Decides each transaction once and answers it once: same id, same bytes; past the deadline, the fallback policy. */
export class Authorizer {
  readonly statistics: AuthorizerStatistics = { decisions: 0, repeats: 0, fallbacks: 0, ruleFailures: 0 };
  readonly #parts: AuthorizerParts;
  readonly #pending = new PendingWorks();
  readonly #recent: RecentDecisions;
  readonly #hooks: AuthorizeHooks;
  #sweeping = false;
  #idle: (() => void)[] = [];

  constructor(parts: AuthorizerParts) {
    this.#parts = parts;
    this.#recent = new RecentDecisions(parts.recentMax);
    this.#hooks = {
      program: parts.program,
      nowIso: parts.nowIso,
      committed: (done) => this.#committed(done),
      rejected: (failed, error) => this.#rejected(failed, error),
    };
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Age of the oldest command without an answer, ms. */
  oldestPendingMs(nowMs: number): number {
    const { oldest } = this.#pending;
    return oldest === null ? 0 : nowMs - oldest.command.receivedAtMs;
  }

  authorize(command: AuthorizeCommand): Promise<AuthorizeAnswer> {
    const { transactionId } = command.transaction;
    const pending = this.#pending.get(transactionId);
    if (pending !== undefined) return this.#join(pending, command);
    const work = new AuthorizeWork(command, this.#hooks);
    // What was answered is in the log: one look into its filter spares a new id the look into the recent ones.
    const isKnown = this.#parts.log.mayHaveRecord(work.recordId);
    const recent = isKnown ? this.#recent.get(transactionId) : undefined;
    if (recent !== undefined) return this.#repeat(recent.text, recent.answer, command);
    this.#pending.add(work);
    this.#sweepLater();
    if (isKnown) this.#lookBeforeDeciding(work);
    else this.#parts.transactor.start(work);
    return work.answer.promise;
  }

  /**
   * JSON text of the decision on a transaction, or null. One that is under way is waited for: what the log holds of it
   * may not be what its caller is going to be told.
   */
  async find(transactionId: string): Promise<string | null> {
    const recent = this.#recent.get(transactionId);
    if (recent !== undefined) return recent.answer.body;
    const stored = await this.#stored(transactionId);
    const pending = this.#pending.get(transactionId);
    if (pending === undefined) return (this.#recent.get(transactionId)?.answer ?? stored?.answered)?.body ?? null;
    return pending.answer.promise.then(
      (answer) => answer.body,
      () => stored?.answered.body ?? null,
    );
  }

  /** Resolves when nothing more is recorded of the answer to a transaction: what the log has of it is what was told. */
  async settled(transactionId: string): Promise<void> {
    for (let work = this.#pending.get(transactionId); work !== undefined; work = this.#pending.get(transactionId)) {
      work.ended ??= Promise.withResolvers();
      await work.ended.promise;
    }
  }

  /** Resolves when every command that was taken has its answer and its record. */
  idle(): Promise<void> {
    if (this.#pending.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async #join(pending: AuthorizeWork, command: AuthorizeCommand): Promise<AuthorizeAnswer> {
    if (!sameTransaction(pending.command.transaction, command.transaction)) {
      if (pending.lookUp === null) throw conflictOf(command);
      // Which of the two bodies came first is what is being looked up: neither waits past the earlier deadline.
      pending.deadlineAtMs = Math.min(pending.deadlineAtMs, command.receivedAtMs + command.deadlineMs);
      await Promise.race([pending.lookUp, pending.answer.promise.catch(() => {})]);
      if (pending.isUnresolved) throw unresolvedOf(command);
      return this.authorize(command);
    }
    this.statistics.repeats += 1;
    pending.deadlineAtMs = Math.min(pending.deadlineAtMs, command.receivedAtMs + command.deadlineMs);
    return { ...(await pending.answer.promise), repeated: true };
  }

  async #repeat(text: string, answer: AuthorizeAnswer, command: AuthorizeCommand): Promise<AuthorizeAnswer> {
    if (text !== command.text) {
      const first = parseTransaction(text, Number.MAX_SAFE_INTEGER);
      if (!sameTransaction(first, command.transaction)) throw conflictOf(command);
    }
    this.statistics.repeats += 1;
    return { ...answer, repeated: true };
  }

  /**
   * The id may have been decided before it left the memory of recent ones: ask the log first. Past the deadline the
   * caller is told to ask again: an answer of the fallback policy might be another than the first.
   */
  #lookBeforeDeciding(work: AuthorizeWork): void {
    const { transaction } = work.command;
    work.lookUp = this.#stored(transaction.transactionId).then(
      (stored) => {
        work.lookUp = null;
        if (work.isUnresolved) this.#finish(work);
        else if (stored === null) this.#parts.transactor.start(work);
        else this.#answerStored(work, stored);
      },
      (error: Error) => this.#rejected(work, error),
    );
  }

  async #stored(transactionId: string): Promise<Stored | null> {
    const record = await this.#parts.log.readRecord(transactionRecordId(transactionId));
    if (record === null) return null;
    const fact = decodeFact(record.type, record.body);
    if (fact.type !== 'TransactionDecided') return null;
    const correction = await this.#parts.log.readRecord(supersedeRecordId(transactionId));
    const corrected = correction === null ? null : decodeFact(correction.type, correction.body);
    if (corrected?.type === 'DecisionSuperseded') {
      const { decision } = corrected;
      const answered = { decision, body: encodeDecision(decision) };
      return { transaction: fact.transaction, answered, isCorrected: true };
    }
    const answered = { decision: fact.decision, body: decisionTextOf(record.body) };
    return { transaction: fact.transaction, answered, isCorrected: false };
  }

  #answerStored(work: AuthorizeWork, stored: Stored): void {
    const isSame = sameTransaction(stored.transaction, work.command.transaction);
    if (work.fallback !== null && isSame && !stored.isCorrected) {
      // Another process decided after the caller had been told: what counts is what it was told.
      this.#supersede(work, stored.answered, work.fallback);
      return;
    }
    this.#finish(work);
    if (work.fallback === null && this.#parts.clock.monotonicMs() >= work.deadlineAtMs) {
      work.answer.reject(unresolvedOf(work.command));
      return;
    }
    if (!isSame) {
      work.answer.reject(conflictOf(work.command));
      return;
    }
    this.statistics.repeats += 1;
    work.answer.resolve(answerOf(stored.answered, true));
  }

  #committed(work: AuthorizeWork): void {
    const { decided } = work;
    if (decided === null) return;
    this.statistics.decisions += 1;
    this.statistics.ruleFailures += decided.decision.failures.length;
    if (work.fallback === null && this.#parts.clock.monotonicMs() >= work.deadlineAtMs) this.#answerFallback(work);
    if (work.fallback !== null && work.fallback !== decided) {
      this.#supersede(work, decided, work.fallback);
      return;
    }
    this.#recent.set(decided.decision.transactionId, { text: work.command.text, answer: answerOf(decided, false) });
    this.#finish(work);
    if (work.fallback === null) work.answer.resolve(answerOf(decided, false));
  }

  #supersede(work: AuthorizeWork, superseded: Answered, told: Answered): void {
    const { transactionId } = work.command.transaction;
    const ended = (error: Error | null): void => {
      if (error !== null) this.#parts.failed(error);
      else this.#recent.set(transactionId, { text: work.command.text, answer: answerOf(told, false) });
      this.#finish(work);
    };
    const { transaction } = work.command;
    const late = work.late === null ? {} : { late: work.late.verdict() };
    const recordId = supersedeRecordId(transactionId);
    const superseding = { recordId, transaction, superseded: superseded.decision, decision: told.decision, ...late };
    this.#parts.transactor.start(new SupersedeWork(superseding, this.#parts.program, ended));
  }

  #rejected(work: AuthorizeWork, error: Error): void {
    if (isPalisadeError(error, 'LOG_RECORD_EXISTS')) {
      this.#lookBeforeDeciding(work);
      return;
    }
    this.#finish(work);
    if (work.fallback !== null) this.#parts.failed(error);
    else work.answer.reject(error);
  }

  #finish(work: AuthorizeWork): void {
    this.#pending.delete(work);
    work.ended?.resolve();
    if (this.#pending.size > 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }

  #answerOverdue(): void {
    this.#sweeping = false;
    const nowMs = this.#parts.clock.monotonicMs();
    for (const work of this.#pending) {
      if (work.fallback !== null || work.isUnresolved || work.deadlineAtMs > nowMs + DEADLINE_SWEEP_MS) continue;
      if (work.lookUp === null) this.#answerFallback(work);
      else this.#refuseUnresolved(work);
    }
    if (this.#pending.size > 0) this.#sweepLater();
  }

  #sweepLater(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#parts.clock.schedule(DEADLINE_SWEEP_MS, () => this.#answerOverdue());
  }

  /** Stays under way until the look-up ends: retries are told the same at once, and do not add to what waits. */
  #refuseUnresolved(work: AuthorizeWork): void {
    work.isUnresolved = true;
    work.answer.reject(unresolvedOf(work.command));
  }

  /** Answers by the fallback policy now; what is recorded later is this answer, with the same bytes. */
  #answerFallback(work: AuthorizeWork): void {
    const decision: Decision = this.#parts.program().fallbackOf(work.command.transaction, this.#parts.nowIso());
    work.fallback = { decision, body: encodeDecision(decision) };
    this.statistics.fallbacks += 1;
    work.answer.resolve(answerOf(work.fallback, false));
  }
}

function answerOf({ decision, body }: Answered, repeated: boolean): AuthorizeAnswer {
  return { body, outcome: decision.outcome, mode: decision.mode, repeated };
}

function unresolvedOf(command: AuthorizeCommand): PalisadeError {
  const { transactionId } = command.transaction;
  return new PalisadeError(
    'TRANSACTION_UNRESOLVED',
    `Cannot answer in time as it is still looked up whether the transactionId was decided before: ` +
      `${JSON.stringify(transactionId)}. Send the same body again.`,
  );
}

function conflictOf(command: AuthorizeCommand): PalisadeError {
  const { transactionId } = command.transaction;
  return new PalisadeError(
    'TRANSACTION_CONFLICT',
    `Cannot authorize as the transactionId was used with another body: ${JSON.stringify(transactionId)}. ` +
      'Send the first body again for its answer, or a new id for a new transaction.',
    { fields: [{ field: 'transactionId', message: 'was used with another body' }] },
  );
}
