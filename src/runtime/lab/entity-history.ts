import { decodeFact, parseInstant } from '../../codec/mod.ts';
import { type EntityKind, type Revision, streamOf } from '../../domain/entities.ts';
import type { Fact } from '../../domain/records.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import type { EntityHistory, EntityPoint, HistoryCause, StatusChange } from '../../ports/laboratory.ts';
import { readFeatures } from '../../windows/mod.ts';
import { emptyState, foldRecord } from '../entity-image.ts';
import { type ActorDefinitions, Program } from '../program.ts';
import { PastReferences } from './past-references.ts';
import { type LogReads, recordsBefore, rulesetOf } from './past-world.ts';

/** Changes of status that are told: the newest ones. */
const CHANGES_MAX = 100;

export type HistoryQuestion = {
  readonly kind: EntityKind;
  readonly id: string;
  /** The ruleset whose features are read. */
  readonly text: string;
  /** Last revision that is told. */
  readonly toRevision: Revision;
  readonly pointsMax: number;
};

/**
 * How an entity came to be what it is: folds its stream as the live actor does, and tells its status and its windows
 * after each of the newest records, and the newest changes of status. O(records of its stream).
 */
export async function entityHistory(
  log: LogReads,
  definitions: ActorDefinitions,
  { kind, id, text, toRevision, pointsMax }: HistoryQuestion,
): Promise<EntityHistory> {
  const ruleset = rulesetOf(text);
  const { lists, suppressions, tables } = new PastReferences(ruleset);
  const program = new Program(ruleset, definitions, lists, suppressions, tables);
  const kindProgram = program.kinds[kind];
  const { plan } = kindProgram;
  const state = emptyState(kindProgram);
  const stream = streamOf(kind, id);
  const values = new Float64Array(plan.featureNames.length);
  const points: EntityPoint[] = [];
  const changes: StatusChange[] = [];
  let revision = -1;
  for await (const record of recordsBefore(log, stream, Number.MAX_SAFE_INTEGER)) {
    if (revision >= toRevision) break;
    revision += 1;
    const before = state.profile.status;
    foldRecord(program, kindProgram, stream, state, record);
    const { status } = state.profile;
    const cause = causeOf(record);
    if (status !== before) keep(changes, { revision, from: before, to: status, cause }, CHANGES_MAX);
    readFeatures(plan, state.windows, values);
    const windows = Object.fromEntries(
      plan.featureNames.flatMap((name, index) => {
        const value = values[index] ?? Number.NaN;
        return Number.isFinite(value) ? [[name, value]] : [];
      }),
    );
    keep(points, { revision, position: record.position, status, cause, windows }, pointsMax);
  }
  return { features: plan.featureNames, points: points.slice(-pointsMax), changes: changes.slice(-CHANGES_MAX) };
}

/** Adds to a list, and lets its oldest go where there are too many. Each is moved once in `max` additions. */
function keep<Item>(items: Item[], item: Item, max: number): void {
  items.push(item);
  if (items.length > 2 * max) items.splice(0, items.length - max);
}

function causeOf({ type, body }: StoredRecord): HistoryCause {
  const fact: Fact = decodeFact(type, body);
  switch (fact.type) {
    case 'TransactionDecided':
    case 'DecisionSuperseded': {
      const { transactionId, occurredAt } = fact.transaction;
      return { type: 'decision', id: transactionId, at: utcOf(occurredAt), says: fact.decision.outcome };
    }
    case 'SideEventRecorded': {
      const { event } = fact;
      return { type: event.type, id: event.eventId, at: utcOf(event.occurredAt), says: saidBy(event) };
    }
    default:
      return { type: fact.type, id: '', at: fact.recordedAt, says: '' };
  }
}

function saidBy(event: Extract<Fact, { type: 'SideEventRecorded' }>['event']): string {
  switch (event.type) {
    case 'login':
      return event.status;
    case 'signal':
      return event.signal;
    case 'label':
      return event.label;
    case 'reference':
      return event.status ?? 'reference data';
  }
}

function utcOf(occurredAt: string): string {
  return new Date(parseInstant(occurredAt).ms).toISOString();
}
