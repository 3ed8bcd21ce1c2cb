import { epochMsOf } from '../../codec/mod.ts';
import type { Outcome } from '../../domain/decision.ts';
import type { ActorKind, Position, Revision, StreamName } from '../../domain/entities.ts';
import type { EntityProfile } from '../../domain/profile.ts';
import type { Fact } from '../../domain/records.ts';
import { emptyState, foldFact } from '../entity-image.ts';
import type { EntityState } from '../entity-logic.ts';
import type { Program } from '../program.ts';
import type { PageRecord, StreamPages } from './stream-pages.ts';

/**
 * Records of one entity that are folded before a decision, and those after it that are searched for late events: what
 * evaluating one decision anew costs at most, for each of its entities. The windows keep as many events one by one.
 */
export const PAST_RECORDS_MAX = 512;

/** A decision that is evaluated anew, as one of its entities finds it. */
export type PastPlace = {
  readonly kind: ActorKind;
  readonly stream: StreamName;
  /** Revision that the decision has in the stream: what is below it came before. */
  readonly revision: Revision;
  readonly position: Position;
  /** Event time of the decision, ms. */
  readonly atMs: number;
};

/** What counts of a transaction from a position of the log on. */
export type CountingOutcome = { readonly outcome: Outcome; readonly position: Position };

/** What is known by now, up to a position of the log. */
export type Hindsight = {
  readonly position: Position;
  /** By transaction, where it is not what was decided first. */
  readonly outcomes: ReadonlyMap<string, CountingOutcome>;
};

/** An entity before a decision: as the rules saw it, and as they had seen it with what came late in its place. */
export type PastEntity = { readonly asItWas: EntityState; readonly asItWouldBe: EntityState };

/** Event time of a fact that windows take in, ms; null for any other. */
export function eventTimeOf(fact: Fact): number | null {
  if (fact.type === 'TransactionDecided') return epochMsOf(fact.transaction.occurredAt);
  if (fact.type !== 'SideEventRecorded') return null;
  const { type, occurredAt } = fact.event;
  return type === 'login' || type === 'signal' ? epochMsOf(occurredAt) : null;
}

/** Whether a fact is an event that came late and counts. */
export function isOvertaken(fact: Fact): boolean {
  return (fact.type === 'TransactionDecided' || fact.type === 'SideEventRecorded') && fact.overtaken === true;
}

/**
 * Rebuilds an entity before a decision, from at most PAST_RECORDS_MAX records. Where it has more, what the windows
 * reach back further for is missing, and its profile is the one that is given: that of today.
 */
export async function rebuildEntity(
  program: Program,
  pages: StreamPages,
  place: PastPlace,
  hindsight: Hindsight,
  profileOfToday: () => Promise<EntityProfile>,
): Promise<PastEntity> {
  const { stream, revision, atMs } = place;
  const from = Math.max(0, revision - PAST_RECORDS_MAX);
  const before = await pages.range(stream, from, revision);
  const after = await pages.range(stream, revision + 1, revision + 1 + PAST_RECORDS_MAX);
  const late = after.filter(({ position, fact }) => {
    return position <= hindsight.position && isOvertaken(fact) && (eventTimeOf(fact) ?? Number.MAX_VALUE) <= atMs;
  });
  const profile = from === 0 ? null : await profileOfToday();
  const fold = new Folding(program, place, profile);
  return {
    asItWas: fold.state(before, [], new Map()),
    asItWouldBe: fold.state(before, inOrder(late), hindsight.outcomes),
  };
}

/** By event time; what came first stays first among equals. */
function inOrder(records: readonly PageRecord[]): readonly Fact[] {
  return records.map(({ fact }) => fact).sort((left, right) => (eventTimeOf(left) ?? 0) - (eventTimeOf(right) ?? 0));
}

class Folding {
  readonly #program: Program;
  readonly #place: PastPlace;
  readonly #profile: EntityProfile | null;

  constructor(program: Program, place: PastPlace, profile: EntityProfile | null) {
    this.#program = program;
    this.#place = place;
    this.#profile = profile;
  }

  /** Folds records, each late fact before the first that is later than it. */
  state(records: readonly PageRecord[], late: readonly Fact[], outcomes: Hindsight['outcomes']): EntityState {
    const state = emptyState(this.#program.kinds[this.#place.kind]);
    if (this.#profile !== null) state.profile = this.#profile;
    let next = 0;
    for (const { fact } of records) {
      const atMs = eventTimeOf(fact);
      for (let first = late[next]; atMs !== null && first !== undefined; first = late[next]) {
        if ((eventTimeOf(first) ?? 0) >= atMs) break;
        this.#fold(state, first, outcomes);
        next += 1;
      }
      this.#fold(state, fact, outcomes);
    }
    for (const fact of late.slice(next)) this.#fold(state, fact, outcomes);
    return state;
  }

  #fold(state: EntityState, fact: Fact, outcomes: Hindsight['outcomes']): void {
    const { kind, stream } = this.#place;
    foldFact(this.#program, this.#program.kinds[kind], stream, state, this.#withOutcome(fact, outcomes));
    if (this.#profile !== null) state.profile = this.#profile;
  }

  /** With what counts of it by now; what was said of that before the decision is folded as it stands. */
  #withOutcome(fact: Fact, outcomes: Hindsight['outcomes']): Fact {
    if (fact.type !== 'TransactionDecided') return fact;
    const counting = outcomes.get(fact.transaction.transactionId);
    if (counting === undefined || counting.position < this.#place.position) return fact;
    return { ...fact, decision: { ...fact.decision, outcome: counting.outcome } };
  }
}
