import { type ActorKind, NO_STREAM, type Revision, type StreamName, streamOf } from '../domain/entities.ts';
import { PalisadeError } from '../domain/errors.ts';
import type { StoredRecord, StoredSnapshot } from '../ports/event-log.ts';
import type { EntityActor, EntityMessage, EntitySnapshot } from './entity-logic.ts';

/** A command that waits for actors to come back; `arrived` is called once per actor. */
export type Waiter = { arrived(): void; failed(error: Error): void };

/** Somebody who is told once everything up to a revision is durable, or that the actor was discarded before. */
export type Reader = { readonly revision: Revision; readonly answer: (isDurable: boolean) => void };

/** A live actor and where it stands in its stream. */
export type LiveEntity = { readonly actor: EntityActor; readonly snapshot: EntitySnapshot };

/** An actor as the log has it, from before what is tentative. */
export type ConfirmedState = {
  readonly revision: Revision;
  readonly snapshotRevision: Revision;
  readonly image: Uint8Array;
};

/**
 * The host's place for one entity. `revision` is tentative: it counts what was decided, `pendingCount` of which is not
 * confirmed by the log yet. A slot that was discarded is never used again; the entity gets a new one.
 */
export class ActorSlot {
  readonly kind: ActorKind;
  readonly id: string;
  readonly stream: StreamName;
  live: LiveEntity | null = null;
  discarded = false;
  revision: Revision = NO_STREAM;
  snapshotRevision: Revision = NO_STREAM;
  /** A snapshot of tentative state, to be kept once the log has confirmed its revision. */
  heldSnapshot: StoredSnapshot | null = null;
  pendingCount = 0;
  /** What to go back to when others overtake what is tentative; null where that is to be read from the log. */
  confirmed: ConfirmedState | null = null;
  /** Records of other processes that are not in the state yet, in the order of the stream; null for none. */
  behind: StoredRecord[] | null = null;
  /** Commands that wait for others of their actors and need this one then: it must not leave in between. */
  awaitedCount = 0;
  waiters: Waiter[] | null = null;
  readers: Reader[] | null = null;
  newer: ActorSlot | null = null;
  older: ActorSlot | null = null;

  constructor(kind: ActorKind, id: string) {
    this.kind = kind;
    this.id = id;
    this.stream = streamOf(kind, id);
  }
}

/** The live entity of a slot; throws ENGINE_INTERNAL where it is not live, which the transactor rules out. */
export function liveOf(slot: ActorSlot): LiveEntity {
  if (slot.live !== null) return slot.live;
  throw new PalisadeError('ENGINE_INTERNAL', `Cannot use an actor as it is not live: a ${slot.kind}. Report this.`);
}

/** Tells a live entity something. Throws what the actor failed with; its state is then not to be trusted any more. */
export function tell({ actor, snapshot }: LiveEntity, message: EntityMessage): void {
  actor.send(message);
  if (snapshot.failure !== null) throw snapshot.failure;
}
