import { viewOfSideEvent } from '../../codec/mod.ts';
import { type ActorKind, type Position, parseStream, type Revision, type StreamName } from '../../domain/entities.ts';
import type { EventView } from '../../domain/event-view.ts';
import type { FeatureSpec } from '../../domain/features.ts';
import type { Fact, TransactionDecided } from '../../domain/records.ts';
import type { RevisionSpec } from '../../domain/views.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import type { Program } from '../program.ts';
import { type CountingOutcome, eventTimeOf, PAST_RECORDS_MAX } from './past-entity.ts';
import type { StreamPages } from './stream-pages.ts';

/** An event that came late, as its record has it. */
export type LateRecord = Pick<StoredRecord, 'position' | 'recordId' | 'streams'> & { readonly fact: Fact };

/** An approval that a late event may make another decision. */
export type AffectedDecision = {
  readonly position: Position;
  readonly streams: StoredRecord['streams'];
  readonly fact: TransactionDecided;
};

/** The approvals to evaluate anew, in the order of the log, and what counts by now where it was corrected. */
export type AffectedDecisions = {
  readonly decisions: readonly AffectedDecision[];
  readonly outcomes: Map<string, CountingOutcome>;
  /** Streams whose windows the late event changes. */
  readonly changed: ReadonlySet<StreamName>;
};

/**
 * Finds the approvals that a late event may change: of the entities whose windows take it, those that were decided
 * before it came, for an event time from its own on, as far as windows reach. The newest `decisionsMax`, among the last
 * PAST_RECORDS_MAX records of each entity. O(those records).
 */
export async function affectedDecisions(
  program: Program,
  pages: StreamPages,
  late: LateRecord,
  { withinMs, decisionsMax }: RevisionSpec,
): Promise<AffectedDecisions> {
  const found = new Map<string, AffectedDecision>();
  const outcomes = new Map<string, CountingOutcome>();
  const changed = new Set<StreamName>();
  const view = viewOfFact(program, late.fact);
  const atMs = eventTimeOf(late.fact);
  for (const { stream, revision } of view === null || atMs === null ? [] : late.streams) {
    const kind = parseStream(stream)?.kind ?? null;
    if (kind === null || view === null || atMs === null || !isTaken(program, kind, view)) continue;
    changed.add(stream);
    const lastMs = atMs + Math.min(withinMs, reachOf(program.ruleset.features, kind, view));
    for (const record of await recordsBefore(pages, stream, revision)) {
      const { position, streams, fact } = record;
      if (fact.type === 'DecisionSuperseded') {
        outcomes.set(fact.transaction.transactionId, { outcome: fact.decision.outcome, position });
      }
      if (fact.type !== 'TransactionDecided') continue;
      const decidedMs = eventTimeOf(fact) ?? 0;
      if (decidedMs < atMs || decidedMs > lastMs) continue;
      found.set(fact.transaction.transactionId, { position, streams, fact });
    }
  }
  const approved = [...found.values()].filter(({ fact }) => {
    return (outcomes.get(fact.transaction.transactionId)?.outcome ?? fact.decision.outcome) === 'approve';
  });
  approved.sort((left, right) => left.position - right.position);
  return { decisions: approved.slice(-decisionsMax), outcomes, changed };
}

function recordsBefore(pages: StreamPages, stream: StreamName, revision: Revision) {
  return pages.range(stream, Math.max(0, revision - PAST_RECORDS_MAX), revision);
}

function viewOfFact(program: Program, fact: Fact): EventView | null {
  if (fact.type === 'TransactionDecided') return program.viewOf(fact.transaction);
  if (fact.type !== 'SideEventRecorded') return null;
  const { event } = fact;
  return event.type === 'login' || event.type === 'signal' ? viewOfSideEvent(event) : null;
}

/** Whether the windows of a kind count the event, whatever its outcome. */
function isTaken(program: Program, kind: ActorKind, view: EventView): boolean {
  const { observer } = program.kinds[kind];
  if (!observer.take(view)) return false;
  const { selectorBits, outcomeBits } = observer.observation;
  return (selectorBits | outcomeBits) !== 0;
}

/** How long after an event a feature of a kind may still count it, ms; infinity where one never forgets. */
function reachOf(features: readonly FeatureSpec[], kind: ActorKind, { source }: EventView): number {
  const reaches = features
    .filter(({ by, on, aggregate }) => by === kind && on === source && aggregate.function !== 'ratio')
    .map(({ window }) => (window !== null && 'sizeMs' in window ? window.sizeMs : Number.POSITIVE_INFINITY));
  return Math.max(0, ...reaches);
}
