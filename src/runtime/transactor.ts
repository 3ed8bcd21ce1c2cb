import type { Position } from '../domain/entities.ts';
import { isPalisadeError, PalisadeError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventLog, RecordDraft, StreamWrite } from '../ports/event-log.ts';
import type { ActorSlot, Waiter } from './actor-slot.ts';
import type { Host } from './host.ts';
import { repeatAppend } from './repeated-append.ts';

/** Times that a command is decided anew after another writer won, before the caller is told. */
const CONFLICT_RETRIES_MAX = 5;
/** The same where others write all the time: it costs no trip to the log, and the deadline bounds it too. */
const SHARED_RETRIES_MAX = 50;

/** Commands that are decided in one turn: the others write nothing meanwhile. */
const TURN_WORKS_MAX = 32;

export type WorkRecord = { readonly type: string; readonly body: string };

/** A command on its way: which entities it needs, what it decides in one tick, and whom it tells afterwards. */
export interface Work {
  readonly recordId: string;
  /** True where the caller was answered already: the record has to be made, so that no bound and no rival stops it. */
  readonly isAnswered: boolean;
  /** The slots that the command needs, asked for anew on every attempt. */
  acquire(host: Host): ActorSlot[];
  /** Decides with every actor live, tells the actors, and answers what to append. Runs to completion in one tick. */
  decide(slots: readonly ActorSlot[]): WorkRecord;
  committed(position: Position): void;
  /** LOG_RECORD_EXISTS when the id was appended before; anything else is final. */
  rejected(error: Error): void;
}

/** A decision on its way to the disk. */
type Commit = {
  readonly work: Work;
  readonly slots: readonly ActorSlot[];
  readonly attempt: number;
  readonly draft: RecordDraft;
};

export type TransactorStatistics = { waiting: number; pendingCommits: number; conflictRetries: number };

/**
 * Carries commands through their one synchronous step and the commit after it. State is tentative from `decide` until
 * the log has confirmed; when a commit fails, every actor that it touched is discarded and rehydrated, and so the
 * commands behind it fail too, by their expected revisions, and are decided anew. An append whose outcome is not known
 * is repeated as it was.
 */
export class Transactor {
  readonly #log: EventLog;
  readonly #host: Host;
  readonly #clock: Clock;
  /** Commands whose actors are live, which wait for the turn of this process. */
  readonly #readied: { readonly work: Work; readonly slots: ActorSlot[]; readonly attempt: number }[] = [];
  readonly #statistics: TransactorStatistics = { waiting: 0, pendingCommits: 0, conflictRetries: 0 };

  constructor(log: EventLog, host: Host, clock: Clock) {
    this.#log = log;
    this.#host = host;
    this.#clock = clock;
  }

  get statistics(): Readonly<TransactorStatistics> {
    return this.#statistics;
  }

  /** Starts a command. It ends with one call of `committed` or `rejected`. */
  start(work: Work): void {
    this.#attempt(work, 0);
  }

  /** Decides at once, or where others write to the log too, when it is this process's turn to. */
  #ready(work: Work, slots: ActorSlot[], attempt: number): void {
    if (this.#log.shared === undefined) {
      this.#run(work, slots, attempt);
      return;
    }
    for (const slot of slots) slot.awaitedCount += 1;
    this.#statistics.waiting += 1;
    this.#readied.push({ work, slots, attempt });
    if (this.#readied.length === 1) void this.#log.shared.turn().then(() => this.#takeTurn());
  }

  /** Decides, on what everybody recorded, about as much as fits into a turn. */
  #takeTurn(): void {
    for (const { work, slots, attempt } of this.#readied.splice(0, TURN_WORKS_MAX)) {
      this.#statistics.waiting -= 1;
      for (const slot of slots) slot.awaitedCount -= 1;
      const isUpToDate = slots.map((slot) => !slot.discarded && slot.live !== null && this.#host.refresh(slot));
      if (isUpToDate.every(Boolean)) {
        for (const slot of slots) this.#host.remember(slot);
        this.#run(work, slots, attempt);
      } else this.#attempt(work, attempt);
    }
    if (this.#readied.length > 0) void this.#log.shared?.turn().then(() => this.#takeTurn());
  }

  #attempt(work: Work, attempt: number): void {
    let slots: ActorSlot[];
    let missing = 0;
    try {
      slots = work.acquire(this.#host);
      for (const slot of slots) {
        if (slot.live !== null) continue;
        missing += 1;
        if (!work.isAnswered) this.#host.checkMailbox(slot);
      }
    } catch (error) {
      work.rejected(asPalisadeError(error));
      return;
    }
    if (missing === 0) this.#ready(work, slots, attempt);
    else this.#wait(work, slots, missing, attempt);
    // Only now: a slot that this command needs must not leave between being found and being used.
    this.#host.trim();
  }

  #wait(work: Work, slots: ActorSlot[], missing: number, attempt: number): void {
    this.#statistics.waiting += 1;
    for (const slot of slots) slot.awaitedCount += 1;
    let left = missing;
    let over = false;
    const ended = (): void => {
      over = true;
      this.#statistics.waiting -= 1;
      for (const slot of slots) slot.awaitedCount -= 1;
    };
    const waiter: Waiter = {
      arrived: () => {
        left -= 1;
        if (left > 0 || over) return;
        ended();
        if (slots.some((slot) => slot.discarded || slot.live === null)) this.#attempt(work, attempt);
        else this.#ready(work, slots, attempt);
      },
      failed: (error) => {
        if (over) return;
        ended();
        work.rejected(asPalisadeError(error));
      },
    };
    for (const slot of slots) if (slot.live === null) this.#host.enqueue(slot, waiter);
  }

  #run(work: Work, slots: readonly ActorSlot[], attempt: number): void {
    let record: WorkRecord;
    try {
      record = work.decide(slots);
    } catch (error) {
      // An actor may have been told half of it: none of them can be trusted any more.
      for (const slot of slots) this.#host.discard(slot);
      work.rejected(asPalisadeError(error));
      return;
    }
    const draft = { recordId: work.recordId, type: record.type, body: record.body, streams: slots.map(nextWriteOf) };
    for (const slot of slots) {
      slot.revision += 1;
      slot.pendingCount += 1;
    }
    this.#statistics.pendingCommits += 1;
    const commit: Commit = { work, slots, attempt, draft };
    this.#log.append(draft).then(
      (position) => this.#committed(commit, position),
      (error: unknown) => this.#notCommitted(commit, error),
    );
  }

  #committed({ work, slots }: Commit, position: Position): void {
    this.#statistics.pendingCommits -= 1;
    for (const slot of slots) this.#host.confirmed(slot);
    work.committed(position);
  }

  #notCommitted(commit: Commit, error: unknown): void {
    if (!isPalisadeError(error, 'LOG_OUTCOME_UNKNOWN')) {
      this.#refused(commit, error);
      return;
    }
    // Nothing more is decided on top of what may not be there: another writer could take its revision.
    for (const slot of commit.slots) this.#host.discard(slot);
    repeatAppend(this.#log, this.#clock, commit.draft).then(
      (position) => {
        this.#committed(commit, position);
        // Actors that came back while it was repeated may have been read before it was stored.
        for (const [index, { expectedRevision }] of commit.draft.streams.entries()) {
          const slot = commit.slots[index];
          if (slot !== undefined) this.#host.replaceUnaware(slot, expectedRevision + 1);
        }
      },
      (final: unknown) => this.#refused(commit, final),
    );
  }

  #refused({ work, slots, attempt }: Commit, error: unknown): void {
    this.#statistics.pendingCommits -= 1;
    // After so many times what is remembered may be what is wrong.
    const isOvertaken = isPalisadeError(error, 'LOG_REVISION_CONFLICT') && attempt < CONFLICT_RETRIES_MAX;
    for (const slot of slots) {
      slot.pendingCount -= 1;
      if (isOvertaken) this.#host.rollBack(slot);
      else this.#host.discard(slot);
    }
    this.#failed(work, asPalisadeError(error), attempt);
  }

  #failed(work: Work, error: Error, attempt: number): void {
    if (!isPalisadeError(error, 'LOG_REVISION_CONFLICT')) {
      work.rejected(error);
      return;
    }
    const retriesMax = this.#log.shared === undefined ? CONFLICT_RETRIES_MAX : SHARED_RETRIES_MAX;
    if (attempt >= retriesMax && !work.isAnswered) {
      work.rejected(
        new PalisadeError(
          'ACTOR_CONFLICT',
          `Cannot commit as another writer won ${attempt + 1} times: ${String(error.details.stream)}. Try again.`,
          { cause: error },
        ),
      );
      return;
    }
    this.#statistics.conflictRetries += 1;
    this.#attempt(work, attempt + 1);
  }
}

/** The place after the last event of an actor, tentative ones included. */
function nextWriteOf(slot: ActorSlot): StreamWrite {
  return { stream: slot.stream, expectedRevision: slot.revision };
}

function asPalisadeError(error: unknown): PalisadeError {
  if (isPalisadeError(error)) return error;
  const message = `Cannot carry out the command as the engine met an unexpected error: ${String(error)}. Report this.`;
  return new PalisadeError('ENGINE_INTERNAL', message, { cause: error });
}
