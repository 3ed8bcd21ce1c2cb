import { EventFile, type StoredEvent } from './event-file.ts';

/** What an append expects of its stream. */
export type Expected = number | 'any' | 'no_stream' | 'stream_exists';

/** An event as a client proposes it. */
export type ProposedEvent = Pick<StoredEvent, 'id' | 'type' | 'contentType' | 'data' | 'metadata'>;

/** What became of an append. Revision -1: no event. */
export type AppendOutcome =
  | { readonly kind: 'stored'; readonly revision: number; readonly position: number }
  | { readonly kind: 'conflict'; readonly actual: number }
  | { readonly kind: 'deleted' };

type StreamState = { readonly events: StoredEvent[]; isTombstoned: boolean };
type Limits = { readonly truncateBefore: number; readonly maxCount: number; readonly maxAgeSeconds: number };

const SOFT_DELETED = Number.MAX_SAFE_INTEGER;
const UNLIMITED: Limits = { truncateBefore: 0, maxCount: SOFT_DELETED, maxAgeSeconds: SOFT_DELETED };
const TOMBSTONE = '$streamDeleted';
/** Newest event ids that an append without an exact revision is checked against; lost by a restart. */
const RECENT_IDS_MAX = 10_000;
const TICKS_PER_MS = 10_000n;

/**
 * Streams with the rules of EventStoreDB: an append behind the head is a success where it repeats the very events that
 * lie there, and a conflict otherwise; one at the head is taken whatever its ids.
 */
export class ServerStore {
  /** Every event in the order of the log. */
  readonly all: StoredEvent[] = [];
  readonly #streams = new Map<string, StreamState>();
  readonly #limits = new Map<string, Limits>();
  readonly #recentIds = new Map<string, number>();
  readonly #file: EventFile | null;
  readonly #listeners = new Set<() => void>();
  #nextPosition = 100;

  /** With a file, what was answered outlives the process. */
  constructor(path: string | null) {
    this.#file = path === null ? null : new EventFile(path, (events) => this.#add(events));
  }

  append(stream: string, expected: Expected, proposed: readonly ProposedEvent[]): AppendOutcome {
    const state = this.#streams.get(stream);
    if (state?.isTombstoned === true) return { kind: 'deleted' };
    const head = this.headOf(stream);
    const repeated = this.#repeatedUpTo(stream, expected, proposed);
    if (repeated !== null) return { kind: 'stored', revision: repeated, position: this.#positionOf(stream, repeated) };
    const fits =
      expected === 'any' ||
      (expected === 'stream_exists' && head >= 0 && !this.#isSoftDeleted(stream)) ||
      (expected === 'no_stream' && (head < 0 || this.#isSoftDeleted(stream))) ||
      expected === head;
    if (!fits) return { kind: 'conflict', actual: head };
    if (this.#isSoftDeleted(stream)) this.#write(`$$${stream}`, [metadataOf({ $tb: head + 1 })]);
    return this.#write(stream, proposed);
  }

  /** Deletes a stream: softly, so that it may start again, or for good. */
  delete(stream: string, expected: Expected, forGood: boolean): AppendOutcome {
    const head = this.headOf(stream);
    if (this.#streams.get(stream)?.isTombstoned === true) return { kind: 'deleted' };
    if (typeof expected === 'number' && expected !== head) return { kind: 'conflict', actual: head };
    if (forGood) return this.#write(stream, [{ ...metadataOf({}), type: TOMBSTONE }]);
    return this.#write(`$$${stream}`, [metadataOf({ $tb: SOFT_DELETED })]);
  }

  /** Last revision of a stream, -1 where it has none. */
  headOf(stream: string): number {
    return (this.#streams.get(stream)?.events.length ?? 0) - 1;
  }

  isTombstoned(stream: string): boolean {
    return this.#streams.get(stream)?.isTombstoned === true;
  }

  /** The event, unless there is none or the stream's limits hide it. */
  event(stream: string, revision: number): StoredEvent | null {
    const event = this.#streams.get(stream)?.events[revision];
    return event !== undefined && this.#isVisible(event) ? event : null;
  }

  /** Whether a reader finds a stream there. */
  isReadable(stream: string): boolean {
    return this.headOf(stream) >= 0 && !this.#isSoftDeleted(stream);
  }

  /** Calls back after every append, until the answer is called. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#file?.close();
  }

  /** Revision up to which these events lie there already, or null. */
  #repeatedUpTo(stream: string, expected: Expected, proposed: readonly ProposedEvent[]): number | null {
    if (proposed.length === 0) return null;
    if (expected === 'any' || expected === 'stream_exists') {
      const found = proposed.map(({ id }) => this.#recentIds.get(`${stream}\n${id}`));
      const last = found.at(-1);
      return last === undefined || found.includes(undefined) ? null : last;
    }
    const before = expected === 'no_stream' ? -1 : expected;
    if (before >= this.headOf(stream)) return null;
    const lying = this.#streams.get(stream)?.events.slice(before + 1, before + 1 + proposed.length) ?? [];
    const isSame = lying.length === proposed.length && lying.every(({ id }, index) => id === proposed[index]?.id);
    return isSame ? before + proposed.length : null;
  }

  #positionOf(stream: string, revision: number): number {
    return this.#streams.get(stream)?.events[revision]?.position ?? 0;
  }

  #write(stream: string, proposed: readonly ProposedEvent[]): AppendOutcome {
    const created = String(BigInt(Date.now()) * TICKS_PER_MS);
    let revision = this.headOf(stream);
    let position = this.#nextPosition;
    const events = proposed.map((event) => {
      const stored = { ...event, stream, revision: ++revision, created, position };
      position += 100 + event.data.length + event.metadata.length;
      return stored;
    });
    this.#file?.write(events);
    this.#add(events);
    for (const { id, revision: at } of events) this.#remember(`${stream}\n${id}`, at);
    for (const listener of this.#listeners) listener();
    return { kind: 'stored', revision, position: this.#positionOf(stream, revision) };
  }

  #add(events: readonly StoredEvent[]): void {
    for (const event of events) {
      const state = this.#streams.get(event.stream) ?? { events: [], isTombstoned: false };
      this.#streams.set(event.stream, state);
      state.events.push(event);
      state.isTombstoned ||= event.type === TOMBSTONE;
      this.all.push(event);
      this.#nextPosition = event.position + 100 + event.data.length + event.metadata.length;
      if (event.stream.startsWith('$$')) this.#limits.set(event.stream.slice(2), limitsOf(event.data));
    }
  }

  #remember(key: string, revision: number): void {
    this.#recentIds.set(key, revision);
    const [oldest] = this.#recentIds.keys();
    if (this.#recentIds.size > RECENT_IDS_MAX && oldest !== undefined) this.#recentIds.delete(oldest);
  }

  #isVisible({ stream, revision, created }: StoredEvent): boolean {
    const { truncateBefore, maxCount, maxAgeSeconds } = this.#limits.get(stream) ?? UNLIMITED;
    const ageMs = Date.now() - Number(BigInt(created) / TICKS_PER_MS);
    return revision >= truncateBefore && revision > this.headOf(stream) - maxCount && ageMs / 1000 <= maxAgeSeconds;
  }

  #isSoftDeleted(stream: string): boolean {
    return this.#limits.get(stream)?.truncateBefore === SOFT_DELETED;
  }
}

function metadataOf(limits: { readonly $tb?: number }): ProposedEvent {
  const data = new TextEncoder().encode(JSON.stringify(limits));
  const metadata = new Uint8Array();
  return { id: crypto.randomUUID(), type: '$metadata', contentType: 'application/json', data, metadata };
}

function limitsOf(data: Uint8Array): Limits {
  const { $tb, $maxCount, $maxAge } = JSON.parse(new TextDecoder().decode(data));
  return {
    truncateBefore: $tb ?? UNLIMITED.truncateBefore,
    maxCount: $maxCount ?? UNLIMITED.maxCount,
    maxAgeSeconds: $maxAge ?? UNLIMITED.maxAgeSeconds,
  };
}
