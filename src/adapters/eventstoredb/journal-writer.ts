import type { StreamName } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import { type EventStoreConnection, refusedError } from './connection.ts';
import { pause } from './deadline.ts';
import type { JournalFeed } from './journal-feed.ts';
import type { KnownLog, OnForeign } from './known-log.ts';
import type { PendingAppend, PendingAppends } from './pending-appends.ts';
import { journalEvent } from './record-events.ts';
import type { Turns } from './turns.ts';
import { judge, type Verdict } from './verdicts.ts';

/** Bounds of one append to the journal: far enough below the 1 MiB that a server of before 25.1 takes. */
const BATCH_BYTES_MAX = 768 * 1024;
const BATCH_RECORDS_MAX = 512;
const FIRST_PAUSE_MS = 20;
const PAUSE_MS_MAX = 1000;

/** How the journal is written. */
export type JournalWriterOptions = {
  readonly journal: string;
  /** Name of this process in the records that it writes. */
  readonly writer: string;
  /** Time after which a caller is told that the outcome is not known, ms. */
  readonly answerTimeoutMs: number;
  /** Waits while too many records wait for their streams. */
  readonly room: () => Promise<void>;
  readonly onStored: (records: readonly StoredRecord[], settled: readonly PendingAppend[], commitMs: number) => void;
  readonly onForeign: OnForeign;
  /** What keeps processes from overtaking each other; null where no other writes. */
  readonly sharing: { readonly feed: JournalFeed; readonly turns: Turns } | null;
  readonly onFailure: (error: PalisadeError) => void;
};

/**
 * Commits: many records in one append to the journal, whose last revision is the fence between processes. One append is
 * in flight at a time. One of unknown outcome is repeated as it is until the server says what became of it; nothing is
 * decided anew before.
 */
export class JournalWriter {
  readonly #connection: EventStoreConnection;
  readonly #known: KnownLog;
  readonly #pending: PendingAppends;
  readonly #options: JournalWriterOptions;
  #isRunning = false;
  #isEnded = false;
  #hasNews = false;
  /** Whoever waits for the turn of this process. */
  #awaiting: (() => void)[] = [];
  /** Since when it is this process's turn; null while it is not. */
  #turnSinceMs: number | null = null;
  #endPause: () => void = () => {};
  #finished: (() => void)[] = [];

  constructor(
    connection: EventStoreConnection,
    known: KnownLog,
    pending: PendingAppends,
    options: JournalWriterOptions,
  ) {
    this.#connection = connection;
    this.#known = known;
    this.#pending = pending;
    this.#options = options;
  }

  /** Starts, where it rests: what is called in this turn of the event loop goes into one append. */
  wake(): void {
    if (this.#isRunning || this.#isEnded) return;
    this.#isRunning = true;
    setImmediate(() => void this.#run());
  }

  /** Tells that another process wrote to the journal. */
  hasNews(): void {
    this.#hasNews = true;
    this.wake();
  }

  /** Tells that records were pushed; this process's own may be among them. */
  wasPushed(): void {
    if (this.#isRunning) this.#endPause();
    else this.#takePushed();
  }

  /** Resolves when it is this process's turn, and it knows what was pushed by then. */
  turn(): Promise<void> {
    if (this.#isEnded) return Promise.resolve();
    return new Promise((resolve) => {
      this.#awaiting.push(resolve);
      this.wake();
    });
  }

  /** Resolves when nothing is pending. */
  drained(): Promise<void> {
    if (!this.#isRunning) return Promise.resolve();
    return new Promise((resolve) => {
      this.#finished.push(resolve);
    });
  }

  /** Writes nothing more. */
  end(): void {
    this.#isEnded = true;
    this.#endPause();
    for (const resolve of [...this.#finished.splice(0), ...this.#awaiting.splice(0)]) resolve();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isEnded && this.#hasWork()) {
        if (this.#hasNews) await this.#catchUp();
        this.#takePushed();
        if (await this.#hasWaited()) continue;
        if (this.#awaiting.length > 0) await this.#giveTurn();
        if (this.#pending.size > 0) await this.#commit();
        this.#turnSinceMs = null;
      }
    } catch (error) {
      this.#options.onFailure(asFailure(error));
    }
    this.#isRunning = false;
    for (const resolve of this.#finished.splice(0)) resolve();
    if (this.#hasWork()) this.wake();
  }

  #hasWork(): boolean {
    return this.#pending.size > 0 || this.#hasNews || this.#awaiting.length > 0;
  }

  /** Waits a while where it is another process's turn; answers whether it did. */
  async #hasWaited(): Promise<boolean> {
    const waitMs = this.#options.sharing?.turns.waitMs(performance.now()) ?? 0;
    if (waitMs <= 0 || (this.#pending.size === 0 && this.#awaiting.length === 0)) return false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endPause = () => {};
    return true;
  }

  /** Lets those decide who waited for the turn; what they append goes at once. */
  async #giveTurn(): Promise<void> {
    this.#turnSinceMs = performance.now();
    for (const resolve of this.#awaiting.splice(0)) resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }

  #takePushed(): void {
    const pushed = this.#options.sharing?.feed.takeAfter(this.#known.head) ?? [];
    this.#known.takeForeign(pushed, this.#options.onForeign);
  }

  async #catchUp(): Promise<void> {
    this.#hasNews = false;
    await this.#surely(() => this.#known.catchUp(this.#options.onForeign));
  }

  /** Commits the oldest appends, or finds that another process was first. */
  async #commit(): Promise<void> {
    await this.#options.room();
    const appends = this.#pending.oldest(BATCH_RECORDS_MAX, BATCH_BYTES_MAX);
    const firsts = await this.#surely(() => this.#lookUp(appends));
    const verdicts = this.#judge(appends, firsts);
    const isNew = verdicts.map(({ kind }) => kind === 'new');
    const events = appends.flatMap(({ draft }, index) =>
      isNew[index] === true ? [journalEvent(draft, this.#options.writer)] : [],
    );
    const startedMs = performance.now();
    this.#turnSinceMs ??= startedMs;
    if (events.length > 0) {
      const answer = await this.#appendSurely(events);
      if (answer === null) return;
      if (answer !== 'stored') {
        this.#refuseOldest(appends, answer);
        return;
      }
    }
    const records = verdicts.flatMap((verdict) => (verdict.kind === 'new' ? [verdict.record] : []));
    for (const record of records) this.#known.take(record, this.#options.writer);
    if (records.length > 0) this.#endTurn();
    const settled = this.#pending.settle(
      verdicts.map((verdict) => (verdict.kind === 'refused' ? verdict.error : verdict.record.position)),
    );
    this.#options.onStored(records, settled, performance.now() - startedMs);
  }

  #endTurn(): void {
    const { sharing, writer } = this.#options;
    if (sharing === null) return;
    const nowMs = performance.now();
    sharing.turns.appended(writer, nowMs);
    sharing.turns.took(nowMs - (this.#turnSinceMs ?? nowMs));
  }

  #judge(appends: readonly PendingAppend[], firsts: ReadonlyMap<string, StoredRecord>): Verdict[] {
    const byDraft = new Map(appends.map((append) => [append.draft, append]));
    return judge(
      appends.map(({ draft }) => draft),
      {
        head: this.#known.head,
        revisionOf: (stream) => this.#known.knownRevisionOf(stream) ?? -1,
        recordOf: (recordId) => firsts.get(recordId) ?? null,
        isBaseless: (stream, draft) => {
          const append = byDraft.get(draft);
          return append !== undefined && this.#pending.isBaseless(stream, append);
        },
      },
    );
  }

  /** Reads what judging needs: where unknown streams stand, and the records whose ids may be in the log. */
  async #lookUp(appends: readonly PendingAppend[]): Promise<ReadonlyMap<string, StoredRecord>> {
    const firsts = new Map<string, StoredRecord>();
    const streams = new Set<StreamName>();
    const lookUps: Promise<void>[] = [];
    for (const { draft } of appends) {
      for (const { stream } of draft.streams) if (this.#known.knownRevisionOf(stream) === null) streams.add(stream);
      if (!this.#known.mayHaveRecord(draft.recordId)) continue;
      const find = async (): Promise<void> => {
        const first = await this.#known.find(draft.recordId);
        if (first !== null) firsts.set(draft.recordId, first);
      };
      lookUps.push(find());
    }
    for (const stream of streams) lookUps.push(this.#known.learn(stream));
    await Promise.all(lookUps);
    return firsts;
  }

  /** Appends at the head: `stored`; null where another process was first, which is read then; or why never. */
  async #appendSurely(events: ReturnType<typeof journalEvent>[]): Promise<'stored' | null | Refusal> {
    const expected = this.#known.head - 1;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
      const answer = await this.#connection.append(this.#options.journal, events, expected);
      if (this.#isEnded) return null;
      if (answer.kind === 'stored') return 'stored';
      if (answer.kind === 'refused') return answer;
      if (answer.kind === 'conflict') {
        if (answer.actualRevision < expected)
          throw shorterError(this.#options.journal, expected, answer.actualRevision);
        this.#options.sharing?.turns.wasOvertaken();
        this.#takePushed();
        // What was pushed may not be all that there is.
        if (this.#known.head <= answer.actualRevision) await this.#catchUp();
        return null;
      }
      this.#tellUnknown();
      await pause(pauseMs);
    }
  }

  #refuseOldest(appends: readonly PendingAppend[], { cause, isTooLarge }: Refusal): void {
    const error = refusedError('an append to the journal', cause);
    if (isTooLarge && appends.length === 1) this.#pending.settle([error]);
    else this.#options.onFailure(error);
  }

  /** Repeats a read until it is answered. */
  async #surely<Answer>(read: () => Promise<Answer>): Promise<Answer> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
      try {
        return await read();
      } catch (error) {
        const isTemporary = error instanceof PalisadeError && error.code === 'LOG_UNAVAILABLE';
        if (!isTemporary || this.#isEnded) throw error;
        this.#tellUnknown();
        await pause(pauseMs);
      }
    }
  }

  #tellUnknown(): void {
    this.#pending.tellUnknown(Date.now() - this.#options.answerTimeoutMs);
  }
}

type Refusal = { readonly cause: unknown; readonly isTooLarge: boolean };

function shorterError(journal: string, known: number, actual: number): PalisadeError {
  const message =
    `Cannot append to ${journal} as it ends before what it held: at revision ${actual}, after ${known}. ` +
    'The event store lost acknowledged events: restore it, then start again.';
  return new PalisadeError('LOG_FAILED', message);
}

function asFailure(error: unknown): PalisadeError {
  if (error instanceof PalisadeError) return error;
  const message = `Cannot use the event log as it met an unexpected error: ${String(error)}. Start again; report this.`;
  return new PalisadeError('LOG_FAILED', message, { cause: error });
}
