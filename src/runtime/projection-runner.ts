import { encodeFact } from '../codec/mod.ts';
import type { Position } from '../domain/entities.ts';
import { PalisadeError } from '../domain/errors.ts';
import type { StoredRecord } from '../ports/event-log.ts';
import type { Projection, ProjectionSession } from '../ports/projection.ts';
import type { Generation, OutboxEntry, ReadStore, ReadStoreWriter, StoreTables } from '../ports/read-store.ts';
import { DecodedRecord } from './decoded-record.ts';

/** A ruleset, and where in the log it was published. */
export type PublishedRuleset = { readonly version: string; readonly text: string; readonly position: Position };

/** A record by its place and its id. */
export type LastRecord = { readonly position: Position; readonly recordId: string };

export type RunnerParts = {
  readonly store: ReadStore;
  /** Up to so many records after a position. */
  readonly readAll: (after: Position, maxCount: number) => Promise<readonly StoredRecord[]>;
  /** The projections to run under a ruleset; null where none was published yet. */
  readonly projectionsOf: (ruleset: PublishedRuleset | null) => readonly Projection[];
  /** Has facts appended to the log; resolves when all of them are durable. */
  readonly append: (entries: readonly OutboxEntry[]) => Promise<void>;
  /** Told when what is being built is further on, or done. */
  readonly advanced?: () => void;
  /** Told once, when the runner can go on no longer. */
  readonly failed: (error: Error) => void;
};

/** One generation at work. */
type Running = {
  readonly generation: number;
  readonly projection: Projection;
  readonly tables: StoreTables;
  readonly session: ProjectionSession;
  /** True for rows of a version that nothing makes any more: read, until the new one has caught up. */
  readonly isStill: boolean;
  checkpoint: Position;
};

/** A projection as readers find it: the generation that is live, or the one that is being built where none is yet. */
export type ReadableProjection = {
  readonly projection: Projection;
  readonly tables: StoreTables;
  readonly checkpoint: Position;
  readonly isLive: boolean;
};

const BUILD_RECORDS = 512;
const OUTBOX_ENTRIES = 256;
/** Facts that may wait for the log before the log has to wait. */
export const OUTBOX_MAX = 4096;
const POSITION = 'position';
const RECORD = 'record';
const RULESET = 'ruleset';

/**
 * Lets projections follow the log. Those that are up to date take every batch in one transaction with their
 * checkpoint; new versions, and rebuilds, are made beside them from the start of the log and take their place in the
 * commit in which they have caught up. What happens depends on the log alone: not on batches, time or crashes.
 */
export class ProjectionRunner {
  readonly #parts: RunnerParts;
  #live: Running[] = [];
  #building: Running[] = [];
  #position: Position;
  #ruleset: PublishedRuleset | null;
  #builder: Promise<void> | null = null;
  #delivery: Promise<void> | null = null;
  #isClosed = false;
  #failure: Error | null = null;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#position = Number(parts.store.setting(POSITION) ?? '0');
    const ruleset = parts.store.setting(RULESET);
    this.#ruleset = ruleset === null ? null : JSON.parse(ruleset);
  }

  /** Position up to which the live projections have taken everything in. */
  get position(): Position {
    return this.#position;
  }

  get ruleset(): PublishedRuleset | null {
    return this.#ruleset;
  }

  get failure(): Error | null {
    return this.#failure;
  }

  get outboxCount(): number {
    return this.#parts.store.outboxCount();
  }

  /** The last record that was taken in; null before the first. */
  get lastRecord(): LastRecord | null {
    return this.#position === 0
      ? null
      : { position: this.#position, recordId: this.#parts.store.setting(RECORD) ?? '' };
  }

  /** Lets go of all that is stored, where it is not of this log. Call before `start`. */
  startOver(): void {
    this.#attempt(() =>
      this.#parts.store.transaction((writer) => {
        for (const { id } of this.#parts.store.generations()) writer.dropGeneration(id);
        for (let entries = this.#parts.store.outbox(OUTBOX_ENTRIES); entries.length > 0; ) {
          writer.removeFromOutbox(entries.map(({ sequence }) => sequence));
          entries = this.#parts.store.outbox(OUTBOX_ENTRIES);
        }
        this.#position = 0;
        this.#ruleset = null;
        writer.setSetting(POSITION, '0');
        writer.setSetting(RULESET, 'null');
      }),
    );
  }

  /** Opens what is stored and begins what is missing. Call once, before the first records. */
  start(): void {
    this.#attempt(() => this.#parts.store.transaction((writer) => this.#configure(writer)));
    this.#deliver();
  }

  /**
   * Takes the next records in, which follow the position without a gap. Resolves when the next may come: later where
   * the log has not taken the facts that these asked for.
   */
  async apply(records: readonly StoredRecord[]): Promise<void> {
    let chunk: DecodedRecord[] = [];
    for (const record of records) {
      if (record.position <= this.#position) continue;
      const decoded = new DecodedRecord(record);
      chunk.push(decoded);
      if (record.type !== 'RulesetPublished') continue;
      this.#applyChunk(chunk);
      chunk = [];
    }
    if (chunk.length > 0) this.#applyChunk(chunk);
    this.#deliver();
    while (this.#failure === null && this.outboxCount > OUTBOX_MAX && this.#delivery !== null) await this.#delivery;
  }

  /** Every projection that may be read. */
  readable(): readonly ReadableProjection[] {
    const live = this.#live.map((running) => ({ ...running, isLive: true }));
    const others = this.#building.filter(
      ({ projection }) => !live.some((running) => running.projection.name === projection.name),
    );
    return [...live, ...others.map((running) => ({ ...running, isLive: false }))].sort((left, right) =>
      left.projection.name < right.projection.name ? -1 : 1,
    );
  }

  /** Names of the projections that are being built, with how far each is. */
  building(): readonly { readonly name: string; readonly version: string; readonly checkpoint: Position }[] {
    return this.#building.map(({ projection, checkpoint }) => ({
      name: projection.name,
      version: projection.version,
      checkpoint,
    }));
  }

  /** Begins to build a projection anew beside the one that is read. False where there is none of the name. */
  rebuild(name: string): boolean {
    const running = this.#live.find(({ projection }) => projection.name === name);
    if (running === undefined) return this.#building.some(({ projection }) => projection.name === name);
    if (this.#building.some(({ projection }) => projection.name === name)) return true;
    const { projection } = running;
    this.#attempt(() =>
      this.#parts.store.transaction((writer) => {
        const id = writer.createGeneration(name, projection.version, 'building', projection.tables);
        this.#building.push(this.#open(id, projection, 0));
      }),
    );
    this.#build();
    return true;
  }

  /** Resolves when nothing is being built and the log has every fact that was asked for. */
  async settled(): Promise<void> {
    while (this.#builder !== null || this.#delivery !== null) {
      await this.#builder;
      await this.#delivery;
    }
  }

  /** Ends; what is under way is given up and made again after the next start. */
  close(): void {
    this.#isClosed = true;
  }

  #applyChunk(records: readonly DecodedRecord[]): void {
    const last = records.at(-1);
    if (last === undefined || this.#isClosed || this.#failure !== null) return;
    this.#attempt(() =>
      this.#parts.store.transaction((writer) => {
        for (const running of this.#live) if (!running.isStill) this.#project(running, records, writer);
        this.#position = last.position;
        writer.setSetting(POSITION, String(last.position));
        writer.setSetting(RECORD, last.recordId);
        if (last.type !== 'RulesetPublished') return;
        const { fact } = last;
        if (fact.type !== 'RulesetPublished') return;
        this.#ruleset = { version: fact.version, text: fact.text, position: last.position };
        writer.setSetting(RULESET, JSON.stringify(this.#ruleset));
        this.#configure(writer);
      }),
    );
  }

  #project(running: Running, records: readonly DecodedRecord[], writer: ReadStoreWriter): void {
    const transaction = {
      tables: running.tables,
      append: (recordId: string, stream: string, fact: Parameters<typeof encodeFact>[0]) =>
        writer.addToOutbox({ recordId, stream, type: fact.type, body: encodeFact(fact) }),
    };
    for (const record of records) running.session.project(record, transaction);
    running.session.flush?.(transaction);
    running.checkpoint = records.at(-1)?.position ?? running.checkpoint;
    writer.setCheckpoint(running.generation, running.checkpoint);
  }

  /** Makes the generations fit the projections that the ruleset asks for. */
  #configure(writer: ReadStoreWriter): void {
    const wanted = new Map(this.#parts.projectionsOf(this.#ruleset).map((each) => [each.name, each]));
    const kept = new Map([...this.#live, ...this.#building].map((running) => [running.generation, running]));
    const live: Running[] = [];
    const building: Running[] = [];
    for (const generation of this.#parts.store.generations()) {
      const projection = wanted.get(generation.projection);
      const isStale = projection !== undefined && projection.version !== generation.version;
      if (projection === undefined || (isStale && generation.state === 'building')) {
        writer.dropGeneration(generation.id);
        continue;
      }
      const running = kept.get(generation.id) ?? this.#resume(generation, isStale ? null : projection);
      if (running === null) continue;
      if (generation.state === 'live') live.push(running);
      else building.push(running);
    }
    for (const projection of wanted.values()) {
      const isThere = [...live, ...building].some((one) => isOf(one, projection));
      if (isThere) continue;
      const state = this.#position === 0 ? 'live' : 'building';
      const id = writer.createGeneration(projection.name, projection.version, state, projection.tables);
      (state === 'live' ? live : building).push(this.#open(id, projection, 0));
    }
    this.#live = live;
    this.#building = building;
    this.#build();
  }

  /**
   * Goes on with a generation after a restart. One of a version that nothing makes any more is still read until the new
   * one is there, but stands still.
   */
  #resume({ id, projection: name, version, checkpoint }: Generation, projection: Projection | null): Running {
    if (projection !== null) return this.#open(id, projection, checkpoint);
    const current = this.#parts.projectionsOf(this.#ruleset).find((each) => each.name === name);
    const still: Projection = { name, version, tables: current?.tables ?? [], open: () => ({ project: () => {} }) };
    return { ...this.#open(id, still, checkpoint), isStill: true };
  }

  #open(generation: number, projection: Projection, checkpoint: Position): Running {
    const tables = this.#parts.store.tables(generation);
    return { generation, projection, tables, session: projection.open(tables), isStill: false, checkpoint };
  }

  #build(): void {
    if (this.#builder !== null || this.#isClosed || this.#building.length === 0) return;
    this.#builder = this.#buildAll().then(
      () => {
        this.#builder = null;
        // What was asked for between the last look and the end.
        this.#build();
      },
      (error: unknown) => {
        this.#builder = null;
        this.#fail(error);
      },
    );
  }

  async #buildAll(): Promise<void> {
    // Lets the caller's transaction end first.
    await Promise.resolve();
    while (this.#building.length > 0 && !this.#isClosed && this.#failure === null) {
      const from = Math.min(...this.#building.map(({ checkpoint }) => checkpoint));
      const stored = from >= this.#position ? [] : await this.#parts.readAll(from, BUILD_RECORDS);
      if (this.#isClosed || this.#failure !== null) return;
      if (stored.length === 0 && from < this.#position) throw lostRecords(from);
      const records = stored.filter(({ position }) => position <= this.#position).map((one) => new DecodedRecord(one));
      const group = this.#building.filter(({ checkpoint }) => checkpoint === from);
      this.#parts.store.transaction((writer) => {
        for (const running of group) {
          if (records.length > 0) this.#project(running, records, writer);
          if (running.checkpoint >= this.#position) this.#swap(running, writer);
        }
      });
      this.#parts.advanced?.();
      this.#deliver();
      if (this.outboxCount > OUTBOX_MAX && this.#delivery !== null) await this.#delivery;
    }
  }

  /** Puts a generation that has caught up in the place of the one before it. */
  #swap(running: Running, writer: ReadStoreWriter): void {
    const { name } = running.projection;
    for (const before of this.#live) {
      if (before.projection.name === name) writer.dropGeneration(before.generation);
    }
    writer.setState(running.generation, 'live');
    this.#live = [...this.#live.filter(({ projection }) => projection.name !== name), running];
    this.#building = this.#building.filter((one) => one !== running);
  }

  #deliver(): void {
    if (this.#delivery !== null || this.#isClosed || this.outboxCount === 0) return;
    this.#delivery = this.#deliverAll().then(
      () => {
        this.#delivery = null;
      },
      (error: unknown) => {
        this.#delivery = null;
        this.#fail(error);
      },
    );
  }

  async #deliverAll(): Promise<void> {
    for (;;) {
      const entries = this.#isClosed ? [] : this.#parts.store.outbox(OUTBOX_ENTRIES);
      if (entries.length === 0) return;
      await this.#parts.append(entries);
      if (this.#isClosed) return;
      this.#parts.store.transaction((writer) => writer.removeFromOutbox(entries.map(({ sequence }) => sequence)));
    }
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#failure !== null || this.#isClosed) return;
    this.#failure = error instanceof Error ? error : new Error(String(error));
    this.#parts.failed(this.#failure);
  }
}

/**
 * Whether a log has the last record that projections took in where they took it from: a log that was restored from a
 * copy, or is another one, does not, and what was made of it is not of this log. Rejects with LOG_ errors.
 */
export async function hasRecord(readAll: RunnerParts['readAll'], last: LastRecord | null): Promise<boolean> {
  if (last === null) return true;
  const [record] = await readAll(last.position - 1, 1);
  return record !== undefined && record.position === last.position && record.recordId === last.recordId;
}

function lostRecords(after: Position): PalisadeError {
  const message = `Cannot build the projections as the log gives no record after position ${after}. Start again.`;
  return new PalisadeError('READ_STORE_FAILED', message);
}

function isOf(running: Running, projection: Projection): boolean {
  return running.projection.name === projection.name && running.projection.version === projection.version;
}
