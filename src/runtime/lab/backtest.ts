import { decodeFact, epochMsOf } from '../../codec/mod.ts';
import { baseAmount } from '../../domain/base-amount.ts';
import type { Decision } from '../../domain/decision.ts';
import type { ActorKind, StreamName } from '../../domain/entities.ts';
import type { Label } from '../../domain/events.ts';
import type { Fact, SideEventRecorded, TransactionDecided } from '../../domain/records.ts';
import type { BacktestResult } from '../../ports/backtest-result.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import { ListIndex, type Ruleset, SuppressionIndex } from '../../rules/mod.ts';
import { AsOfTable, rowValues } from '../../tables/mod.ts';
import { ActorSlot } from '../actor-slot.ts';
import { type ActorSystem, createActorSystem } from '../actor-system.ts';
import { AuthorizeWork, acquireEntities } from '../authorize-work.ts';
import { emptyState } from '../entity-image.ts';
import { type ActorDefinitions, Program } from '../program.ts';
import { acquireConcerned, SideEventWork } from '../side-event-work.ts';
import { BacktestTally } from './backtest-tally.ts';

/** The text of a transaction has no part in a decision. */
const NO_TEXT = '{}';

/**
 * A draft ruleset over a history, in a tree of actors of its own: the same works that decide for callers decide here,
 * over the same kind of live actors, with the times of the records as their clock. Actors see what the draft decides,
 * not what was decided. Take every record of the log in its order. Memory grows with the entities of the history.
 */
export class Backtest {
  readonly #program: Program;
  readonly #lists = new ListIndex();
  readonly #suppressions = new SuppressionIndex();
  readonly #tables: ReadonlyMap<string, AsOfTable>;
  readonly #system: ActorSystem = createActorSystem();
  readonly #slots = new Map<StreamName, ActorSlot>();
  readonly #tally: BacktestTally;
  #nowIso = '';
  #records = 0;

  constructor(ruleset: Ruleset, definitions: ActorDefinitions) {
    const tables = ruleset.tables.map((spec) => new AsOfTable(spec));
    this.#tables = new Map(tables.map((table) => [table.spec.name, table]));
    this.#program = new Program(ruleset, definitions, this.#lists, this.#suppressions, tables);
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
        if (fact.event.type === 'label') this.#tally.label(labelOf(fact.event));
        return;
      case 'ListEntrySet':
        this.#lists.set(fact.entry);
        return;
      case 'ListEntryRemoved':
        this.#lists.remove(fact.list, fact.kind, fact.value);
        return;
      case 'SuppressionSet':
        this.#suppressions.set(fact.suppression);
        return;
      case 'SuppressionRemoved':
        this.#suppressions.remove(fact.ruleId, fact.kind, fact.id);
        return;
      case 'TableRowRecorded': {
        const table = this.#tables.get(fact.row.table);
        if (table === undefined) return;
        const { key, occurredAt, columns } = fact.row;
        const values = columns === undefined ? null : rowValues(table.spec, columns);
        table.apply(key, { atMs: epochMsOf(occurredAt), revision: table.revision + 1, values });
        return;
      }
      default:
        return;
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

function labelOf({ transactionId, label }: Label): {
  readonly transactionId: string;
  readonly isFraud: boolean;
  readonly label: string;
} {
  return { transactionId, isFraud: label !== 'legitimate', label };
}
