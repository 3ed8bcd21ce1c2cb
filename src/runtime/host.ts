import { type ActorKind, NO_STREAM, parseStream, type Revision, type StreamName } from '../domain/entities.ts';
import { PalisadeError } from '../domain/errors.ts';
import type { EventLog, StoredRecord, StoredSnapshot } from '../ports/event-log.ts';
import type { ActorSlot, Waiter } from './actor-slot.ts';
import type { ActorSystem } from './actor-system.ts';
import { Directory } from './directory.ts';
import { emptyState, foldRecord, imageOf, type LoadedEntity, loadEntity, stateOf } from './entity-image.ts';
import type { EntityState } from './entity-logic.ts';
import type { Program } from './program.ts';

/** Records of other processes that an actor may be behind before it is let go. */
const BEHIND_MAX = 64;

export type HostSettings = {
  /** Actors kept in memory; beyond it the least recently used leave. */
  readonly residentMax: number;
  /** Commands that may wait for one actor to come back. */
  readonly mailboxDepthMax: number;
  /** Actors read from the log at the same time. */
  readonly rehydrationsMax: number;
  /** Events after which a resident actor's snapshot is renewed, which bounds what a rehydration has to fold. */
  readonly snapshotEveryEvents: number;
};

export type HostStatistics = { rehydrations: number; passivations: number; rehydrationsActive: number };

/** Keeps the live actors: brings them back from the log, lets them go, and bounds both. */
export class Host {
  readonly directory = new Directory();
  readonly statistics: HostStatistics = { rehydrations: 0, passivations: 0, rehydrationsActive: 0 };
  readonly #log: EventLog;
  readonly #system: ActorSystem;
  readonly #settings: HostSettings;
  readonly #queue: ActorSlot[] = [];
  #program: Program;

  constructor(log: EventLog, system: ActorSystem, program: Program, settings: HostSettings) {
    this.#log = log;
    this.#system = system;
    this.#program = program;
    this.#settings = settings;
  }

  /** The slot of an entity, live or on its way back; marks it as used. One that the log cannot know is live at once. */
  acquire(kind: ActorKind, id: string): ActorSlot {
    const found = this.directory.find(kind, id);
    if (found !== undefined) {
      this.directory.touch(found);
      return found;
    }
    const slot = this.directory.add(kind, id);
    if (this.#log.mayHaveStream(slot.stream)) {
      this.#queue.push(slot);
      this.#startRehydrations();
    } else this.#start(slot, emptyState(this.#program.kinds[kind]));
    return slot;
  }

  /** Throws ACTOR_MAILBOX_FULL where too many commands wait for the slot already. */
  checkMailbox(slot: ActorSlot): void {
    if (slot.waiters === null || slot.waiters.length < this.#settings.mailboxDepthMax) return;
    throw new PalisadeError(
      'ACTOR_MAILBOX_FULL',
      `Cannot queue another event for one ${slot.kind} as its mailbox is full: ${slot.waiters.length} wait. ` +
        'Try again shortly.',
    );
  }

  enqueue(slot: ActorSlot, waiter: Waiter): void {
    slot.waiters ??= [];
    slot.waiters.push(waiter);
  }

  /** A commit of the slot came through: what was tentative is a fact. */
  confirmed(slot: ActorSlot): void {
    slot.pendingCount -= 1;
    slot.confirmed = null;
    if (slot.discarded) return;
    const confirmedRevision = slot.revision - slot.pendingCount;
    if (slot.readers !== null) answerReaders(slot, confirmedRevision);
    if (slot.heldSnapshot !== null && confirmedRevision >= slot.heldSnapshot.revision) {
      this.#log.writeSnapshot(slot.heldSnapshot);
      slot.heldSnapshot = null;
    }
    if (slot.revision - slot.snapshotRevision < this.#settings.snapshotEveryEvents) return;
    // A busy actor is never without unconfirmed events: its state is taken now and kept once it is a fact.
    if (slot.pendingCount === 0) this.#keepSnapshot(slot);
    else if (slot.heldSnapshot === null) slot.heldSnapshot = this.#snapshotOf(slot);
  }

  /** Whether what a slot holds now became durable: false where its actor is discarded before. Waits for the commits. */
  whenDurable(slot: ActorSlot): Promise<boolean> {
    if (slot.pendingCount === 0 || slot.discarded) return Promise.resolve(!slot.discarded);
    return new Promise((answer) => {
      slot.readers ??= [];
      slot.readers.push({ revision: slot.revision, answer });
    });
  }

  /** Takes note of a record of another process: its actors here take it in when they are next used. */
  takeForeign(record: StoredRecord): void {
    for (const { stream, revision } of record.streams) {
      const place = parseStream(stream);
      const slot = place === null ? undefined : this.directory.find(place.kind, place.id);
      if (slot === undefined) continue;
      const known = slot.confirmed?.revision ?? slot.revision;
      if (slot.live !== null && revision <= known) continue;
      slot.behind ??= [];
      slot.behind.push(record);
      if (slot.behind.length > BEHIND_MAX && slot.live !== null && isIdle(slot)) this.discard(slot);
    }
  }

  /** Brings a live actor up to what other processes recorded; false where it was discarded as it cannot be. */
  refresh(slot: ActorSlot): boolean {
    const { behind, live } = slot;
    if (behind === null || live === null) return !slot.discarded;
    slot.behind = null;
    const { state } = live.snapshot;
    const kind = this.#program.kinds[slot.kind];
    const { status } = state.profile;
    for (const record of behind) {
      const revision = revisionIn(record, slot.stream);
      if (revision <= slot.revision) continue;
      if (slot.pendingCount > 0 || revision !== slot.revision + 1) {
        this.discard(slot);
        return false;
      }
      foldRecord(this.#program, kind, slot.stream, state, record);
      slot.revision = revision;
    }
    if (state.profile.status === status && live.snapshot.lifecycle === null) return true;
    // Its statechart stands where the status was: it is started anew where the status is.
    this.#system.stop(live.actor);
    const actor = this.#system.start(kind.logic, slot.stream, state);
    slot.live = { actor, snapshot: actor.getSnapshot() };
    return true;
  }

  /** Keeps the state of an actor that is about to be told what is tentative. */
  remember(slot: ActorSlot): void {
    if (slot.pendingCount > 0 || slot.live === null) return;
    const { revision, snapshotRevision } = slot;
    const image = imageOf(this.#program.kinds[slot.kind], slot.live.snapshot.state);
    slot.confirmed = { revision, snapshotRevision, image };
  }

  /** Drops what was tentative: the actor is what it was, without asking the log, where that was kept. */
  rollBack(slot: ActorSlot): void {
    const { confirmed, behind } = slot;
    if (slot.discarded) return;
    this.discard(slot);
    if (confirmed === null) return;
    const { kind, id } = slot;
    const fresh = this.directory.add(kind, id);
    this.#start(fresh, stateOf(this.#program.kinds[kind], confirmed.image));
    fresh.revision = confirmed.revision;
    fresh.snapshotRevision = confirmed.snapshotRevision;
    fresh.behind = behind;
  }

  /** Drops an actor whose state cannot be trusted; it is rehydrated when it is next needed. */
  discard(slot: ActorSlot): void {
    if (slot.discarded) return;
    this.directory.remove(slot);
    if (slot.live !== null) this.#system.stop(slot.live.actor);
    for (const { answer } of slot.readers ?? []) answer(false);
    slot.readers = null;
  }

  /**
   * Drops the actor that an entity has by now in place of a discarded one, where it may be without what was stored
   * at a revision meanwhile; those who wait for it look again.
   */
  replaceUnaware({ kind, id }: ActorSlot, storedRevision: Revision): void {
    const slot = this.directory.find(kind, id);
    if (slot === undefined || (slot.live !== null && slot.revision - slot.pendingCount >= storedRevision)) return;
    const waiting = slot.waiters ?? [];
    slot.waiters = null;
    this.discard(slot);
    for (const waiter of waiting) waiter.arrived();
  }

  /** Lets the least recently used go. One that has unconfirmed events or is needed by a waiting command stays. */
  trim(): void {
    let candidate = this.directory.oldest;
    while (candidate !== null && this.directory.size > this.#settings.residentMax) {
      const next = candidate.newer;
      if (candidate.live !== null && isIdle(candidate)) this.#passivate(candidate);
      candidate = next;
    }
  }

  /** Lets those go that belong elsewhere now, but for those that are in use. Answers how many. */
  release(belongsElsewhere: (kind: ActorKind, id: string) => boolean): number {
    let count = 0;
    for (const slot of [...this.directory.slots()]) {
      if (slot.live === null || !isIdle(slot) || !belongsElsewhere(slot.kind, slot.id)) continue;
      this.#passivate(slot);
      count += 1;
    }
    return count;
  }

  /** Switches to another ruleset: actors whose windows are laid out otherwise come back from their streams. */
  install(program: Program): void {
    const before = this.#program;
    this.#program = program;
    const waiting: Waiter[] = [];
    for (const slot of [...this.directory.slots()]) {
      if (slot.live !== null && before.kinds[slot.kind].schema === program.kinds[slot.kind].schema) continue;
      waiting.push(...(slot.waiters ?? []));
      slot.waiters = null;
      this.discard(slot);
    }
    // Only now are all actors of one ruleset: a command that is sent to look again may run, or passivate, at once.
    for (const waiter of waiting) waiter.arrived();
  }

  #startRehydrations(): void {
    while (this.statistics.rehydrationsActive < this.#settings.rehydrationsMax) {
      const slot = this.#queue.shift();
      if (slot === undefined) return;
      if (slot.discarded) continue;
      this.statistics.rehydrationsActive += 1;
      loadEntity(this.#log, this.#program, slot.kind, slot.stream).then(
        (loaded) => this.#rehydrated(slot, loaded),
        (error: Error) => this.#rehydrationFailed(slot, error),
      );
    }
  }

  #rehydrated(slot: ActorSlot, loaded: LoadedEntity): void {
    this.statistics.rehydrationsActive -= 1;
    this.statistics.rehydrations += 1;
    this.#startRehydrations();
    if (slot.discarded) return;
    this.#start(slot, loaded.state);
    slot.revision = loaded.revision;
    slot.snapshotRevision = loaded.snapshotRevision;
    const { waiters } = slot;
    slot.waiters = null;
    for (const waiter of waiters ?? []) waiter.arrived();
  }

  #start(slot: ActorSlot, state: EntityState): void {
    const actor = this.#system.start(this.#program.kinds[slot.kind].logic, slot.stream, state);
    slot.live = { actor, snapshot: actor.getSnapshot() };
  }

  #rehydrationFailed(slot: ActorSlot, error: Error): void {
    this.statistics.rehydrationsActive -= 1;
    this.#startRehydrations();
    this.directory.remove(slot);
    const { waiters } = slot;
    slot.waiters = null;
    for (const waiter of waiters ?? []) waiter.failed(error);
  }

  #passivate(slot: ActorSlot): void {
    if (slot.revision > slot.snapshotRevision && slot.behind === null) this.#keepSnapshot(slot);
    this.discard(slot);
    this.statistics.passivations += 1;
  }

  #keepSnapshot(slot: ActorSlot): void {
    const snapshot = this.#snapshotOf(slot);
    if (snapshot !== null) this.#log.writeSnapshot(snapshot);
  }

  /** The state as it stands, tentative or not; counts as the slot's newest snapshot. */
  #snapshotOf(slot: ActorSlot): StoredSnapshot | null {
    if (slot.live === null) return null;
    const kind = this.#program.kinds[slot.kind];
    const state = imageOf(kind, slot.live.snapshot.state);
    slot.snapshotRevision = slot.revision;
    return { stream: slot.stream, revision: slot.revision, schema: kind.schema, state };
  }
}

/** Tells those who wait for no later revision. O(readers), in the order of their revisions. */
function answerReaders(slot: ActorSlot, confirmedRevision: Revision): void {
  const readers = slot.readers ?? [];
  const later = readers.findIndex(({ revision }) => revision > confirmedRevision);
  const durable = later < 0 ? readers.splice(0) : readers.splice(0, later);
  if (readers.length === 0) slot.readers = null;
  for (const { answer } of durable) answer(true);
}

/** Whether an actor has no unconfirmed events and no command waits for it. */
function isIdle(slot: ActorSlot): boolean {
  return slot.pendingCount === 0 && slot.awaitedCount === 0;
}

function revisionIn(record: StoredRecord, stream: StreamName): Revision {
  for (const place of record.streams) if (place.stream === stream) return place.revision;
  return NO_STREAM;
}
