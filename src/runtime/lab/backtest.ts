import { decodeFact } from '../../codec/mod.ts';
import type { BacktestResult } from '../../domain/backtest-result.ts';
import { baseAmount } from '../../domain/base-amount.ts';
import type { Decision } from '../../domain/decision.ts';
import type { ActorKind, StreamName } from '../../domain/entities.ts';
import type { Fact, SideEventRecorded, TransactionDecided } from '../../domain/records.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import type { Ruleset } from '../../rules/mod.ts';
import { ActorSlot } from '../actor-slot.ts';
import { type ActorSystem, createActorSystem } from '../actor-system.ts';
import { AuthorizeWork, acquireEntities } from '../authorize-work.ts';
import { emptyState } from '../entity-image.ts';
import { type ActorDefinitions, Program } from '../program.ts';
import { acquireConcerned, SideEventWork } from '../side-event-work.ts';
import { BacktestTally } from './backtest-tally.ts';
import { PastReferences } from './past-references.ts';

/** The text of a transaction has no part in a decision. */
const NO_TEXT = '{}';

/**
 * A draft ruleset over a history, in a tree of actors of its own: the same works that decide for callers decide here,
 * over the same kind of live actors, with the times of the records as their clock. Actors see what the draft decides,
 * not what was decided. Take every record of the log in its order. Memory grows with the entities of the history.
 */
export class Backtest {
  readonly #program: Program;
  readonly #references: PastReferences;
  readonly #system: ActorSystem = createActorSystem();
  readonly #slots = new Map<StreamName, ActorSlot>();
  readonly #tally: BacktestTally;
  #nowIso = '';
  #records = 0;

  constructor(ruleset: Ruleset, definitions: ActorDefinitions) {
    this.#references = new PastReferences(ruleset);
    const { lists, suppressions, tables } = this.#references;
    this.#program = new Program(ruleset, definitions, lists, suppressions, tables);
    this.#tally = new BacktestTally(ruleset);
  }

  /** Takes the next record in. Throws RECORD_UNREADABLE. */
  take(record: StoredRecord): void {
    this.#records += 1;
    this.#takeFact(decodeFact(record.type, record.body));
  }

  /** What has come out so far. O(decisions that flipped or that a rule hit). */
  result(): BacktestResult {
    return this.#tally.result(this.#records);
  }

  #takeFact(fact: Fact): void {
    switch (fact.type) {
      case 'TransactionDecided':
        this.#decide(fact);
        return;
      case 'SideEventRecorded':
        this.#record(fact);
        if (fact.event.type === 'label') this.#tally.label(fact.event);
        return;
      default:
        this.#references.take(fact);
    }
  }

  #decide({ transaction, decision: before }: TransactionDecided): void {
    this.#nowIso = before.decidedAt;
    const program = this.#program;
    const work = new AuthorizeWork(
      { transaction, text: NO_TEXT, receivedAtMs: 0, deadlineMs: Number.MAX_SAFE_INTEGER },
      { program: () => program, nowIso: () => this.#nowIso, committed: () => {}, rejected: () => {} },
    );
    const slots = acquireEntities(transaction, this.#host, program.extraKeys);
    work.decide(slots);
    for (const slot of slots) slot.revision += 1;
    const after = work.decided?.decision;
    if (after !== undefined) this.#compare(transaction, before, after);
  }

  #compare(transaction: TransactionDecided['transaction'], before: Decision, after: Decision): void {
    const { amountMinor, currency } = transaction;
    const amount = baseAmount(amountMinor, currency, this.#program.ruleset.currency) ?? 0;
    this.#tally.add({ transaction, before, after, amount });
  }

  #record({ event, recordedAt }: SideEventRecorded): void {
    this.#nowIso = recordedAt;
    const program = this.#program;
    const work = new SideEventWork(
      event,
      () => program,
      () => this.#nowIso,
      () => {},
      () => {},
    );
    const slots = acquireConcerned(event, this.#host, program.extraKeys);
    work.decide(slots);
    for (const slot of slots) slot.revision += 1;
  }

  readonly #host = { acquire: (kind: ActorKind, id: string): ActorSlot => this.#acquire(kind, id) };

  #acquire(kind: ActorKind, id: string): ActorSlot {
    const slot = new ActorSlot(kind, id);
    const known = this.#slots.get(slot.stream);
    if (known !== undefined) return known;
    const kindProgram = this.#program.kinds[kind];
    const actor = this.#system.start(kindProgram.logic, slot.stream, emptyState(kindProgram));
    slot.live = { actor, snapshot: actor.getSnapshot() };
    this.#slots.set(slot.stream, slot);
    return slot;
  }
}
