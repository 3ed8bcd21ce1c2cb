import { isPalisadeError, type PalisadeError } from '../../src/domain/errors.ts';
import type { Transaction } from '../../src/domain/events.ts';
import type { AuthorizeAnswer, AuthorizeCommand } from '../../src/ports/engine.ts';
import { hold } from './invariant-violation.ts';
import type { LogAuditor } from './log-auditor.ts';

/** How early the fallback policy may answer. */
const SWEEP_MS = 5;

type Told = { readonly body: string; readonly mode: string; readonly text: string };

/** All that clients know about one transaction id. Two texts that mean the same are one body. */
export type LedgerEntry = {
  readonly transactionId: string;
  readonly bodies: Map<string, Transaction>;
  told: Told | null;
  /** A client was told to ask again, and nothing else was said since: others may be told so at once. */
  isUnresolved: boolean;
};

export type Submission = {
  readonly entry: LedgerEntry;
  readonly meaning: string;
  readonly deadlineAtMs: number;
  readonly command: AuthorizeCommand;
  state: 'open' | 'answered' | 'refused' | 'lost';
};

export type LedgerCounts = {
  submitted: number;
  answered: number;
  repeated: number;
  fallbacks: number;
  conflicts: number;
  unresolved: number;
};

/** What a transaction says, whatever the order of its members. */
export function meaningOf(transaction: Transaction): string {
  return JSON.stringify(Object.entries(transaction).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** What the clients sent and were told; checks each answer against all that was told before (I1, I3, I8). */
export class ClientLedger {
  readonly entries = new Map<string, LedgerEntry>();
  readonly counts: LedgerCounts = { submitted: 0, answered: 0, repeated: 0, fallbacks: 0, conflicts: 0, unresolved: 0 };
  readonly #auditor: LogAuditor;
  readonly #nowMs: () => number;
  /** Refusals that may come now, beside conflicts. */
  readonly #mayRefuse: (error: PalisadeError) => boolean;
  #open: Submission[] = [];

  constructor(auditor: LogAuditor, nowMs: () => number, mayRefuse: (error: PalisadeError) => boolean) {
    this.#auditor = auditor;
    this.#nowMs = nowMs;
    this.#mayRefuse = mayRefuse;
  }

  get open(): readonly Submission[] {
    return this.#open;
  }

  submit(command: AuthorizeCommand): Submission {
    const { transaction } = command;
    const { transactionId } = transaction;
    const entry = this.entries.get(transactionId) ?? {
      transactionId,
      bodies: new Map(),
      told: null,
      isUnresolved: false,
    };
    const meaning = meaningOf(transaction);
    entry.bodies.set(meaning, transaction);
    this.entries.set(transactionId, entry);
    const deadlineAtMs = command.receivedAtMs + command.deadlineMs;
    const submission: Submission = { entry, meaning, deadlineAtMs, command, state: 'open' };
    this.#open.push(submission);
    this.counts.submitted += 1;
    return submission;
  }

  answered(submission: Submission, answer: AuthorizeAnswer): void {
    if (!this.#close(submission, 'answered')) return;
    const { entry } = submission;
    const { transactionId } = entry;
    const decision = JSON.parse(answer.body);
    hold('I3', decision.transactionId === transactionId, () => `${transactionId} got the answer of another`);
    hold(
      'I3',
      decision.mode === answer.mode && decision.outcome === answer.outcome,
      () => 'an answer contradicts itself',
    );
    this.counts.answered += 1;
    entry.isUnresolved = false;
    if (answer.repeated) this.counts.repeated += 1;
    if (answer.mode === 'fallback') this.counts.fallbacks += 1;
    this.#checkTime(submission, answer);
    this.shown(entry, answer.body, submission.meaning);
    if (answer.mode === 'fallback') return;
    const durable = this.#auditor.decisionText(transactionId);
    hold('I1', durable === answer.body, () => `${transactionId} was answered before its decision was durable`);
  }

  /** A decision was shown to a client, by whatever door: it is the same for ever. */
  shown(entry: LedgerEntry, body: string, meaning: string | null): void {
    const { transactionId, told } = entry;
    if (told !== null) {
      hold('I3', told.body === body, () => `${transactionId} got two answers: ${told.body} and ${body}`);
      hold('I3', meaning === null || told.text === meaning, () => `${transactionId} was answered for two bodies`);
      return;
    }
    const stored = this.#auditor.transaction(transactionId);
    const text = meaning ?? (stored === null ? null : meaningOf(stored));
    if (text !== null) entry.told = { body, mode: JSON.parse(body).mode, text };
  }

  refused(submission: Submission, error: unknown): void {
    if (!this.#close(submission, 'refused')) return;
    const { entry, meaning } = submission;
    if (isPalisadeError(error, 'TRANSACTION_CONFLICT')) {
      this.counts.conflicts += 1;
      const isOther = entry.bodies.size > 1 && entry.told?.text !== meaning;
      hold('I3', isOther, () => `${entry.transactionId} met a conflict with its own body`);
      return;
    }
    if (isPalisadeError(error, 'TRANSACTION_UNRESOLVED')) {
      this.counts.unresolved += 1;
      if (!entry.isUnresolved) this.#checkNotEarly(submission, 'refusal');
      entry.isUnresolved = true;
    }
    const isFine = isPalisadeError(error) && this.#mayRefuse(error);
    hold('errors', isFine, () => `${entry.transactionId} was refused by ${String(error)}`);
  }

  /** Every command past its deadline has its answer (I8). */
  checkDeadlines(): void {
    const nowMs = this.#nowMs();
    for (const { entry, deadlineAtMs } of this.#open) {
      hold(
        'I8',
        nowMs < deadlineAtMs,
        () => `${entry.transactionId} has no answer ${nowMs - deadlineAtMs} ms after its deadline`,
      );
    }
  }

  /** The engine is gone, and with it what was under way. A fallback that was not recorded may be decided anew. */
  crashed(): void {
    for (const submission of this.#open) submission.state = 'lost';
    this.#open = [];
    for (const entry of this.entries.values()) {
      entry.isUnresolved = false;
      if (entry.told?.mode !== 'fallback') continue;
      if (this.#auditor.decisionText(entry.transactionId) !== entry.told.body) entry.told = null;
    }
  }

  /** Once nothing is under way, what the log holds is what was told (I1, I8). */
  checkSettled(): void {
    for (const { transactionId, told } of this.entries.values()) {
      if (told === null) continue;
      const invariant = told.mode === 'fallback' ? 'I8' : 'I1';
      const durable = this.#auditor.decisionText(transactionId);
      hold(invariant, durable === told.body, () => `${transactionId} was told ${told.body}, the log has ${durable}`);
    }
  }

  #checkNotEarly({ entry, deadlineAtMs }: Submission, what: string): void {
    const nowMs = this.#nowMs();
    const due = this.#open.reduce(
      (earliest, other) => (other.entry === entry ? Math.min(earliest, other.deadlineAtMs) : earliest),
      deadlineAtMs,
    );
    const early = () => `${entry.transactionId} got a ${what} ${due - nowMs} ms before its deadline`;
    hold('I8', nowMs >= due - SWEEP_MS, early);
  }

  #checkTime(submission: Submission, answer: AuthorizeAnswer): void {
    const { entry, deadlineAtMs } = submission;
    const nowMs = this.#nowMs();
    const { transactionId } = entry;
    const isNews = entry.told === null && !answer.repeated;
    if (answer.mode === 'fallback') {
      if (isNews) this.#checkNotEarly(submission, 'fallback');
      return;
    }
    hold(
      'I8',
      nowMs < deadlineAtMs,
      () => `${transactionId} was decided ${nowMs - deadlineAtMs} ms after its deadline`,
    );
  }

  #close(submission: Submission, state: 'answered' | 'refused'): boolean {
    if (submission.state !== 'open') return false;
    submission.state = state;
    this.#open = this.#open.filter((other) => other !== submission);
    return true;
  }
}
