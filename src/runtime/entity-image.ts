import { decodeEntityState, decodeFact, encodeEntityState, parseInstant, viewOfSideEvent } from '../codec/mod.ts';
import { assertNever } from '../domain/assert-never.ts';
import { type ActorKind, NO_STREAM, parseStream, type Revision, type StreamName } from '../domain/entities.ts';
import { PalisadeError } from '../domain/errors.ts';
import type { EntityEvent } from '../domain/profile.ts';
import type { Fact, SideEventRecorded, TransactionDecided } from '../domain/records.ts';
import type { EventLog, StoredRecord, StreamImage } from '../ports/event-log.ts';
import { createWindowState, decodeWindowState, encodeWindowState, reclassify, settle } from '../windows/mod.ts';
import { admitAsOf, applyEvent, type EntityKindLogic, type EntityState } from './entity-logic.ts';
import { isLeftOut } from './late-draft.ts';
import { outcomeBits, reclassificationOf } from './outcome-bits.ts';
import type { KindProgram, Program } from './program.ts';

/** State of an entity that no fact is known of. */
export function emptyState(kind: EntityKindLogic): EntityState {
  return { profile: kind.definition.initialProfile, windows: createWindowState(kind.plan) };
}

/** Bytes of a state, for a snapshot. */
export function imageOf(kind: EntityKindLogic, state: EntityState): Uint8Array {
  return encodeEntityState(state.profile, encodeWindowState(kind.plan, state.windows));
}

/** An entity as its stream has it. `snapshotRevision` is -1 where no snapshot was of use. */
export type LoadedEntity = {
  readonly state: EntityState;
  readonly revision: Revision;
  readonly snapshotRevision: Revision;
};

/** A schema that no snapshot has: with it the log answers the whole stream. */
const NO_SCHEMA = 'none';

/**
 * Reads an entity from the log, in one trip. A snapshot that cannot be used makes no difference but time: the whole
 * stream is read then. Rejects with LOG_ errors, or RECORD_UNREADABLE where a record of the stream is damaged.
 */
export async function loadEntity(
  log: EventLog,
  program: Program,
  kind: ActorKind,
  stream: StreamName,
): Promise<LoadedEntity> {
  const image = await log.readImage(stream, program.kinds[kind].schema);
  try {
    const state = foldImage(program, kind, stream, image);
    return { state, revision: image.revision, snapshotRevision: image.snapshot?.revision ?? NO_STREAM };
  } catch (error) {
    if (image.snapshot === null) throw error;
  }
  const whole = await log.readImage(stream, NO_SCHEMA);
  return { state: foldImage(program, kind, stream, whole), revision: whole.revision, snapshotRevision: NO_STREAM };
}

/**
 * Rebuilds an entity from its stream: the snapshot, then the facts after it, by the same pure steps that the live actor
 * takes. O(facts after the snapshot). Throws RECORD_UNREADABLE for a damaged snapshot or record, LOG_CORRUPT for a gap.
 */
export function foldImage(program: Program, kind: ActorKind, stream: StreamName, image: StreamImage): EntityState {
  const kindProgram = program.kinds[kind];
  const state = image.snapshot === null ? emptyState(kindProgram) : stateOf(kindProgram, image.snapshot.state);
  let expected: Revision = (image.snapshot?.revision ?? -1) + 1;
  for (const record of image.records) {
    const revision = record.streams.find((entry) => entry.stream === stream)?.revision;
    if (revision !== expected) {
      throw new PalisadeError(
        'LOG_CORRUPT',
        `Cannot rebuild a ${kind} as its stream has a gap: revision ${String(revision)} where ${expected} was due, ` +
          `at position ${record.position}. Run "palisade log verify".`,
      );
    }
    foldRecord(program, kindProgram, stream, state, record);
    expected += 1;
  }
  return state;
}

/** A state from the bytes of a snapshot. Throws RECORD_UNREADABLE. */
export function stateOf(kind: EntityKindLogic, bytes: Uint8Array): EntityState {
  const { profile, windows } = decodeEntityState(bytes);
  return { profile, windows: decodeWindowState(kind.plan, windows) };
}

/** Folds one record of its stream into the state of an entity. Throws RECORD_UNREADABLE. */
export function foldRecord(
  program: Program,
  kind: KindProgram,
  stream: StreamName,
  state: EntityState,
  record: StoredRecord,
): void {
  foldFact(program, kind, stream, state, decodeFact(record.type, record.body));
}

/** Folds one fact into the state of an entity. Throws RECORD_UNREADABLE for a fact of no entity. */
export function foldFact(
  program: Program,
  kind: KindProgram,
  stream: StreamName,
  state: EntityState,
  fact: Fact,
): void {
  switch (fact.type) {
    case 'TransactionDecided':
      foldTransaction(program, kind, state, fact);
      return;
    case 'DecisionSuperseded': {
      const view = program.viewOf(fact.transaction);
      const change = reclassificationOf(
        kind,
        view,
        fact.superseded.outcome,
        fact.decision.outcome,
        isLeftOut(fact.late),
      );
      if (change !== null) {
        reclassify(kind.plan, state.windows, change.atMs, change.amountMinor, change.clearBits, change.setBits);
      }
      applyEvent(kind, state, { type: 'TransactionDecided', atMs: view.occurredAtMs, outcome: fact.decision.outcome });
      return;
    }
    case 'SideEventRecorded':
      foldSideEvent(kind, state, fact);
      return;
    case 'ApprovalUnheard':
    case 'TableRowRecorded':
    case 'ListEntrySet':
    case 'ListEntryRemoved':
    case 'SuppressionSet':
    case 'SuppressionRemoved':
    case 'RulesetPublished':
    case 'CaseChanged':
    case 'DraftChanged':
    case 'SagaAdvanced':
    case 'MetricRecorded':
    case 'AlertRaised':
    case 'ResultCorrected':
    case 'EventDiverted':
      throw unexpected(stream, fact);
    default:
      assertNever(fact);
  }
}

function foldTransaction(program: Program, kind: KindProgram, state: EntityState, fact: TransactionDecided): void {
  const view = program.viewOf(fact.transaction);
  const { outcome } = fact.decision;
  if (kind.observer.take(view, isLeftOut(fact.late))) {
    admitAsOf(kind, state, kind.observer.observation);
    const bits = outcomeBits(kind.observer, outcome);
    if (bits !== 0) settle(kind.plan, state.windows, bits);
  }
  applyEvent(kind, state, { type: 'TransactionDecided', atMs: view.occurredAtMs, outcome });
}

function foldSideEvent(kind: KindProgram, state: EntityState, fact: SideEventRecorded): void {
  const { event } = fact;
  if (event.type === 'login' || event.type === 'signal') {
    const isTaken = kind.observer.take(viewOfSideEvent(event), isLeftOut(fact.late));
    if (isTaken) admitAsOf(kind, state, kind.observer.observation);
  }
  applyEvent(kind, state, entityEventOf(fact));
}

/** A recorded side event as an entity sees it. */
export function entityEventOf(fact: SideEventRecorded): EntityEvent {
  const { event } = fact;
  const atMs = parseInstant(event.occurredAt).ms;
  switch (event.type) {
    case 'login':
      return { type: 'LoginRecorded', atMs, login: event, alerted: (fact.assessment?.reasons.length ?? 0) > 0 };
    case 'signal':
      return { type: 'SignalRecorded', atMs, signal: event };
    case 'reference':
      return { type: 'ReferenceUpdated', atMs, reference: event };
    case 'label':
      return { type: 'LabelRecorded', atMs, label: event };
    default:
      return assertNever(event);
  }
}

function unexpected(stream: StreamName, fact: Fact): PalisadeError {
  const kind = parseStream(stream)?.kind ?? stream;
  return new PalisadeError(
    'RECORD_UNREADABLE',
    `Cannot fold a ${fact.type} into a ${kind} as it belongs to no entity.`,
  );
}
