import { decodeFact } from '../../codec/mod.ts';
import type { Assessment } from '../../domain/decision.ts';
import { type ActorKind, NO_STREAM, type Position, type Revision, type StreamName } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { EventView } from '../../domain/event-view.ts';
import type { Transaction } from '../../domain/events.ts';
import { LISTS_STREAM, RULESETS_STREAM } from '../../domain/records.ts';
import { tableStreamOf } from '../../domain/tables.ts';
import type { EventLog, StoredRecord } from '../../ports/event-log.ts';
import { parseRuleset, type Ruleset } from '../../rules/mod.ts';
import { ActorSlot } from '../actor-slot.ts';
import { type ActorSystem, createActorSystem } from '../actor-system.ts';
import { acquireEntities } from '../authorize-work.ts';
import { emptyState, foldRecord } from '../entity-image.ts';
import type { EntityState } from '../entity-logic.ts';
import { type ActorDefinitions, Program } from '../program.ts';
import { PastReferences } from './past-references.ts';

/** The reading part of the log. */
export type LogReads = Pick<EventLog, 'readStream' | 'readRecord' | 'readAll'>;

/** Few at a time: records pass the thread that decides, which must not be kept by them. */
const PAGE_RECORDS = 128;

/** An actor's state before a position, and the revision that it stands at. */
type PastState = { readonly state: EntityState; readonly revision: Revision };

/** Records of a stream that stand before a position, oldest first. */
export async function* recordsBefore(
  log: Pick<LogReads, 'readStream'>,
  stream: StreamName,
  end: Position,
): AsyncGenerator<StoredRecord> {
  for (let revision = 0; ; revision += PAGE_RECORDS) {
    const page = await log.readStream(stream, revision, PAGE_RECORDS);
    for (const record of page) {
      if (record.position >= end) return;
      yield record;
    }
    if (page.length < PAGE_RECORDS) return;
  }
}

/** The text of a ruleset that was published before a position; null where none of this version was. */
export async function publishedText(log: LogReads, version: string, end: Position): Promise<string | null> {
  for await (const record of recordsBefore(log, RULESETS_STREAM, end)) {
    const fact = decodeFact(record.type, record.body);
    if (fact.type === 'RulesetPublished' && fact.version === version) return fact.text;
  }
  return null;
}

/** Lists, suppressions and tables as they were before a position. O(their changes before it). */
export async function referencesBefore(log: LogReads, ruleset: Ruleset, end: Position): Promise<PastReferences> {
  return (await fewReferencesBefore(log, ruleset, end, Number.POSITIVE_INFINITY)) ?? new PastReferences(ruleset);
}

/** The same where they are of so many changes at most; null where there were more. O(changesMax). */
export async function fewReferencesBefore(
  log: Pick<LogReads, 'readStream'>,
  ruleset: Ruleset,
  end: Position,
  changesMax: number,
): Promise<PastReferences | null> {
  const references = new PastReferences(ruleset);
  let changes = 0;
  for (const stream of [LISTS_STREAM, ...ruleset.tables.map(({ name }) => tableStreamOf(name))]) {
    for await (const record of recordsBefore(log, stream, end)) {
      changes += 1;
      if (changes > changesMax) return null;
      references.take(decodeFact(record.type, record.body));
    }
  }
  return references;
}

/** A ruleset from its text. Throws RULESET_INVALID. */
export function rulesetOf(text: string): Ruleset {
  const parsed = parseRuleset(text);
  if (parsed.ok) return parsed.ruleset;
  const [first] = parsed.problems;
  const message = `Cannot use the ruleset as it is not valid: ${first?.field ?? ''} ${first?.message ?? ''}`;
  throw new PalisadeError('RULESET_INVALID', message, { fields: parsed.problems });
}

/**
 * The world as it was just before a position of the log, under a ruleset: lists, tables and actors. What is decided in
 * it changes nothing: every decision begins with the same states.
 */
export class PastWorld {
  readonly program: Program;
  readonly #log: LogReads;
  readonly #end: Position;
  readonly #system: ActorSystem = createActorSystem();
  readonly #slots = new Map<StreamName, ActorSlot>();
  readonly #states = new Map<StreamName, PastState>();

  private constructor(log: LogReads, end: Position, program: Program) {
    this.#log = log;
    this.#end = end;
    this.program = program;
  }

  /** Reads lists and tables up to the position. O(changes of lists and rows before it). */
  static async open(
    log: LogReads,
    definitions: ActorDefinitions,
    rulesetText: string,
    end: Position,
  ): Promise<PastWorld> {
    const ruleset = rulesetOf(rulesetText);
    const { lists, suppressions, tables } = await referencesBefore(log, ruleset, end);
    return new PastWorld(log, end, new Program(ruleset, definitions, lists, suppressions, tables));
  }

  /** Rebuilds the actors that a transaction names. O(their records before the position). */
  async prepare(transaction: Transaction): Promise<void> {
    for (const slot of this.slotsOf(transaction)) {
      if (!this.#states.has(slot.stream)) this.#states.set(slot.stream, await this.#rebuild(slot));
    }
  }

  /** The slots of the actors that a transaction names, in the order of kinds. */
  slotsOf(transaction: Transaction): readonly ActorSlot[] {
    const { extraKeys } = this.program;
    return acquireEntities(transaction, { acquire: (kind, id) => this.#slotOf(kind, id) }, extraKeys);
  }

  /**
   * What the rules make of a transaction whose actors were prepared. The slots are left as the rules saw them, with the
   * transaction taken in.
   */
  assess(transaction: Transaction): { readonly view: EventView; readonly assessment: Assessment } {
    const slots = this.slotsOf(transaction);
    for (const slot of slots) this.#reset(slot);
    const view = this.program.viewOf(transaction);
    this.program.observe(view, slots);
    return { view, assessment: this.program.assess(view) };
  }

  #slotOf(kind: ActorKind, id: string): ActorSlot {
    const slot = new ActorSlot(kind, id);
    const known = this.#slots.get(slot.stream);
    if (known !== undefined) return known;
    this.#slots.set(slot.stream, slot);
    return slot;
  }

  #reset(slot: ActorSlot): void {
    const past = this.#states.get(slot.stream);
    if (past === undefined) {
      throw new PalisadeError('ENGINE_INTERNAL', `Cannot decide as an actor was not rebuilt: a ${slot.kind}.`);
    }
    const state = copyOf(past.state);
    if (slot.live === null) {
      const actor = this.#system.start(this.program.kinds[slot.kind].logic, slot.stream, state);
      slot.live = { actor, snapshot: actor.getSnapshot() };
    }
    slot.live.snapshot.state = state;
    slot.revision = past.revision;
  }

  async #rebuild({ kind, stream }: ActorSlot): Promise<PastState> {
    const kindProgram = this.program.kinds[kind];
    const state = emptyState(kindProgram);
    let revision = NO_STREAM;
    for await (const record of recordsBefore(this.#log, stream, this.#end)) {
      foldRecord(this.program, kindProgram, stream, state, record);
      revision += 1;
    }
    return { state, revision };
  }
}

function copyOf({ profile, windows }: EntityState): EntityState {
  return { profile, windows: { slab: windows.slab.slice() } };
}
