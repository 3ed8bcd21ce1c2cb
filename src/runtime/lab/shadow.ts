import { decodeFact, viewOfSideEvent } from '../../codec/mod.ts';
import type { BacktestResult } from '../../domain/backtest-result.ts';
import { baseAmount } from '../../domain/base-amount.ts';
import { type ActorKind, ENTITY_KINDS, NO_STREAM, type Position, type StreamName } from '../../domain/entities.ts';
import type { Transaction } from '../../domain/events.ts';
import type { DecisionSuperseded, SideEventRecorded, TransactionDecided } from '../../domain/records.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import type { Ruleset } from '../../rules/mod.ts';
import { ActorSlot, liveOf, tell } from '../actor-slot.ts';
import { type ActorSystem, createActorSystem } from '../actor-system.ts';
import { acquireEntities, settleAll } from '../authorize-work.ts';
import { emptyState, entityEventOf, foldRecord } from '../entity-image.ts';
import { type ActorDefinitions, Program } from '../program.ts';
import { acquireConcerned } from '../side-event-work.ts';
import { BacktestTally } from './backtest-tally.ts';
import type { PastReferences } from './past-references.ts';
import { type LogReads, recordsBefore, referencesBefore } from './past-world.ts';

/** Actors kept in memory; the least recently used are rebuilt from their streams when they are met again. */
const RESIDENT_MAX = 20_000;
/** Decisions whose labels are waited for. */
const LABELS_AWAITED_MAX = 100_000;

/**
 * A draft beside the live ruleset: decides about each transaction that the log holds after a position, and acts on
 * nothing. Its actors are rebuilt from their streams under the draft's features, and learn what was really answered, so
 * that each comparison is between two rulesets that saw the same past. (In a backtest they learn what the draft says.)
 * Take every record after the position in its order, one at a time. All that it says follows from the log.
 */
export class Shadow {
  readonly #log: LogReads;
  readonly #program: Program;
  readonly #references: PastReferences;
  readonly #tally: BacktestTally;
  readonly #system: ActorSystem = createActorSystem();
  readonly #slots = new Map<StreamName, ActorSlot>();
  #records = 0;

  private constructor(log: LogReads, definitions: ActorDefinitions, ruleset: Ruleset, references: PastReferences) {
    this.#log = log;
    this.#references = references;
    const { lists, suppressions, tables } = references;
    this.#program = new Program(ruleset, definitions, lists, suppressions, tables);
    this.#tally = new BacktestTally(ruleset, LABELS_AWAITED_MAX);
  }

  /** Reads lists and tables as they are at the position. Rejects with LOG_ errors. */
  static async open(log: LogReads, definitions: ActorDefinitions, ruleset: Ruleset, after: Position): Promise<Shadow> {
    return new Shadow(log, definitions, ruleset, await referencesBefore(log, ruleset, after + 1));
  }

  /** Takes the next record in. O(records of those actors that are not in memory). Rejects with RECORD_UNREADABLE. */
  async take(record: StoredRecord): Promise<void> {
    this.#records += 1;
    const fact = decodeFact(record.type, record.body);
    if (fact.type === 'TransactionDecided') await this.#decide(fact, record.position);
    else if (fact.type === 'SideEventRecorded') await this.#record(fact, record.position);
    else if (fact.type === 'DecisionSuperseded') this.#forget(fact);
    else this.#references.take(fact);
    this.#trim();
  }

  /** What has come out so far. */
  result(): BacktestResult {
    return this.#tally.result(this.#records);
  }

  async #decide({ transaction, decision: before }: TransactionDecided, position: Position): Promise<void> {
    const program = this.#program;
    const slots = acquireEntities(transaction, this.#host, program.extraKeys);
    for (const slot of slots) await this.#wake(slot, position);
    const view = program.viewOf(transaction);
    program.observe(view, slots);
    const after = program.decide(transaction.transactionId, program.assess(view), {}, before.decidedAt);
    settleAll(program, view, before.outcome, slots);
    for (const slot of slots) slot.revision += 1;
    this.#tally.add({ transaction, before, after, amount: this.#amountOf(transaction) });
  }

  async #record(fact: SideEventRecorded, position: Position): Promise<void> {
    const { event } = fact;
    if (event.type === 'label') this.#tally.label(event);
    // An entity that is not in memory finds the event in its stream; what only the draft keeps has none.
    const slots = acquireConcerned(event, this.#host, this.#program.extraKeys).filter(
      ({ kind, live }) => live !== null || !isEntity(kind),
    );
    for (const slot of slots) await this.#wake(slot, position);
    if (event.type === 'login' || event.type === 'signal') this.#program.observe(viewOfSideEvent(event), slots);
    const entityEvent = entityEventOf(fact);
    for (const slot of slots) {
      tell(liveOf(slot), { type: 'settle', event: entityEvent, bits: 0 });
      slot.revision += 1;
    }
  }

  /** What was answered in the end is another outcome: those that learnt the first one are rebuilt. */
  #forget({ transaction }: DecisionSuperseded): void {
    for (const slot of acquireEntities(transaction, this.#host, [])) this.#drop(slot);
  }

  #amountOf({ amountMinor, currency }: Transaction): number {
    return baseAmount(amountMinor, currency, this.#program.ruleset.currency) ?? 0;
  }

  readonly #host = { acquire: (kind: ActorKind, id: string): ActorSlot => this.#acquire(kind, id) };

  #acquire(kind: ActorKind, id: string): ActorSlot {
    const fresh = new ActorSlot(kind, id);
    const slot = this.#slots.get(fresh.stream) ?? fresh;
    this.#slots.delete(slot.stream);
    this.#slots.set(slot.stream, slot);
    return slot;
  }

  /** Rebuilds an actor that is not in memory, from its stream before the position. */
  async #wake(slot: ActorSlot, position: Position): Promise<void> {
    if (slot.live !== null) return;
    const kind = this.#program.kinds[slot.kind];
    const state = emptyState(kind);
    let revision = NO_STREAM;
    for await (const record of recordsBefore(this.#log, slot.stream, position)) {
      foldRecord(this.#program, kind, slot.stream, state, record);
      revision += 1;
    }
    const actor = this.#system.start(kind.logic, slot.stream, state);
    slot.live = { actor, snapshot: actor.getSnapshot() };
    slot.revision = revision;
  }

  #trim(): void {
    for (const slot of this.#slots.values()) {
      if (this.#slots.size <= RESIDENT_MAX) return;
      this.#drop(slot);
    }
  }

  #drop(slot: ActorSlot): void {
    if (slot.live !== null) this.#system.stop(slot.live.actor);
    this.#slots.delete(slot.stream);
  }
}

function isEntity(kind: ActorKind): boolean {
  return ENTITY_KINDS.some((entity) => entity === kind);
}
