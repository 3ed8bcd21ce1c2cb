import { type Assessment, type Decision, severityOf } from '../../domain/decision.ts';
import type { ActorKind } from '../../domain/entities.ts';
import type { Transaction } from '../../domain/events.ts';
import type { EntityProfile } from '../../domain/profile.ts';
import type { RevisionSpec } from '../../domain/views.ts';
import { ActorSlot } from '../actor-slot.ts';
import { type ActorSystem, createActorSystem } from '../actor-system.ts';
import { acquireEntities } from '../authorize-work.ts';
import { emptyState } from '../entity-image.ts';
import type { EntityState } from '../entity-logic.ts';
import type { Program } from '../program.ts';
import type { AffectedDecision } from './affected-decisions.ts';
import { eventTimeOf, type Hindsight, PAST_RECORDS_MAX, type PastEntity, rebuildEntity } from './past-entity.ts';
import type { StreamPages } from './stream-pages.ts';

/** What became of an approval that was evaluated anew. `unclear` where today's past does not even give the approval. */
export type Review =
  | { readonly verdict: 'kept' | 'unclear' }
  | { readonly verdict: 'revised'; readonly assessment: Assessment };

/** What a review works with. */
export type ReviewParts = {
  readonly pages: StreamPages;
  /** Entities whose windows the late event changes, by stream. */
  readonly changed: ReadonlySet<string>;
  readonly profileOf: (kind: ActorKind, id: string) => Promise<EntityProfile | null>;
};

/**
 * Evaluates an approval anew, by the rules that gave it: over its entities as they were, and as they would have been
 * with everything in its place that came late. Where the first does not give what was decided then, something else has
 * changed that cannot be told from the late event, and the approval stands. What cannot be rebuilt within the bound is
 * taken as the record has it. O(entities of the decision), PAST_RECORDS_MAX records each at most.
 */
export async function reviewDecision(
  program: Program,
  { fact, position, streams }: AffectedDecision,
  hindsight: Hindsight,
  { atLeast }: RevisionSpec,
  { pages, changed, profileOf }: ReviewParts,
): Promise<Review> {
  const { transaction, decision } = fact;
  const atMs = eventTimeOf(fact) ?? 0;
  const entities = new Map<string, PastEntity>();
  const worlds = new Worlds(program, transaction);
  for (const { kind, id, stream } of worlds.slots) {
    const revision = streams.find((place) => place.stream === stream)?.revision ?? 0;
    const profileOfToday = async () => (await profileOf(kind, id)) ?? program.kinds[kind].definition.initialProfile;
    const place = { kind, stream, revision, position, atMs };
    const isRebuilt = revision <= PAST_RECORDS_MAX || changed.has(stream);
    entities.set(
      stream,
      isRebuilt
        ? await rebuildEntity(program, pages, place, hindsight, profileOfToday)
        : unknownPast(program, kind, await profileOfToday()),
    );
    worlds.revisions.set(stream, revision - 1);
  }
  const before = worlds.assess((stream) => entities.get(stream)?.asItWas, fact.features);
  if (!isSame(before, decision)) return { verdict: 'unclear' };
  const after = worlds.assess((stream) => entities.get(stream)?.asItWouldBe, fact.features);
  return severityOf(after.outcome) >= severityOf(atLeast)
    ? { verdict: 'revised', assessment: after }
    : { verdict: 'kept' };
}

function unknownPast(program: Program, kind: ActorKind, profile: EntityProfile): PastEntity {
  const { windows } = emptyState(program.kinds[kind]);
  return { asItWas: { profile, windows }, asItWouldBe: { profile, windows } };
}

/** Whether an assessment is the one that a decision was made of. The fallback policy looked at no rule. */
function isSame(assessment: Assessment, decision: Decision): boolean {
  if (assessment.outcome !== 'approve') return false;
  if (decision.mode === 'fallback') return true;
  const [one, other] = [assessment, decision].map(({ reasons }) => reasons.map(({ ruleId }) => ruleId).join(' '));
  return one === other;
}

/** The rules over the entities of one transaction, once as they were and once as they would have been. */
class Worlds {
  readonly slots: readonly ActorSlot[];
  readonly revisions = new Map<string, number>();
  readonly #program: Program;
  readonly #transaction: Transaction;
  readonly #system: ActorSystem = createActorSystem();
  /** Features that the entities as they were give as they were recorded; null before that is known. */
  #isRebuilt: readonly boolean[] | null = null;

  constructor(program: Program, transaction: Transaction) {
    this.#program = program;
    this.#transaction = transaction;
    this.slots = acquireEntities(transaction, { acquire: (kind, id) => new ActorSlot(kind, id) }, program.extraKeys);
  }

  /** What the rules say; the first call, with the entities as they were, tells which features are to be trusted. */
  assess(stateOf: (stream: string) => EntityState | undefined, recorded: readonly number[]): Assessment {
    const program = this.#program;
    for (const slot of this.slots) this.#place(slot, stateOf(slot.stream));
    const view = program.viewOf(this.#transaction);
    program.observe(view, this.slots);
    const { features } = program;
    this.#isRebuilt ??= recorded.map((value, index) => Object.is(value, features[index]));
    for (const [index, value] of recorded.entries()) if (!this.#isRebuilt[index]) features[index] = value;
    return program.assess(view);
  }

  #place(slot: ActorSlot, state: EntityState | undefined): void {
    const { logic } = this.#program.kinds[slot.kind];
    const { profile, windows } = state ?? emptyState(this.#program.kinds[slot.kind]);
    const actor = this.#system.start(logic, slot.stream, { profile, windows: { slab: windows.slab.slice() } });
    slot.live = { actor, snapshot: actor.getSnapshot() };
    slot.revision = this.revisions.get(slot.stream) ?? slot.revision;
  }
}
