import { decodeFact, mayBeOvertaken } from '../../codec/mod.ts';
import type { Assessment, Decision } from '../../domain/decision.ts';
import type { ActorKind, Position } from '../../domain/entities.ts';
import { isPalisadeError } from '../../domain/errors.ts';
import type { EntityProfile } from '../../domain/profile.ts';
import type { Fact } from '../../domain/records.ts';
import type { RevisionSpec } from '../../domain/views.ts';
import type { Checkpoint, CheckpointStore } from '../../ports/checkpoint-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LateReviewReport } from '../../ports/engine.ts';
import type { EventLog, StoredRecord, Subscription } from '../../ports/event-log.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Program } from '../program.ts';
import { hasRecord } from '../projection-runner.ts';
import { revisionRecordId, type Superseding, supersedeRecordId } from '../supersede-work.ts';
import { type AffectedDecision, affectedDecisions } from './affected-decisions.ts';
import { type Review, reviewDecision } from './decision-review.ts';
import { eventTimeOf, type Hindsight, isOvertaken } from './past-entity.ts';
import { StreamPages } from './stream-pages.ts';

/** How much is looked at again after a crash: what came since the checkpoint was last kept, ms. */
const CHECKPOINT_EVERY_MS = 2_000;
/** Time that is left to others after each decision, as a multiple of the time that it took. */
const REST_FACTOR = 3;
/** The longest rest, ms: a decision that took longer has waited for the log, or for a clock that jumped. */
const REST_MS_MAX = 100;

/** What there is to report where nothing is reviewed. */
export const NO_REVIEWS: LateReviewReport = { reviewed: 0, kept: 0, unclear: 0, revised: 0, failed: 0, lagRecords: 0 };

/** What a reviewer works with. */
export type LateReviewerParts = {
  readonly log: Pick<EventLog, 'subscribe' | 'readAll' | 'readStream' | 'readRecord' | 'statistics'>;
  readonly checkpoints: CheckpointStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What the ruleset in force has revised; null for nothing. */
  readonly revisions: () => RevisionSpec | null;
  /** The rules of a version, for reviews alone; null where they cannot be had. */
  readonly programOf: (version: string) => Promise<Program | null>;
  /** The same over lists and tables as they were before a position; null where that would be too much to read. */
  readonly programBefore: (version: string, position: Position) => Promise<Program | null>;
  readonly profileOf: (kind: ActorKind, id: string) => Promise<EntityProfile | null>;
  /** Resolves when nothing more is recorded of the answer to a transaction. */
  readonly settled: (transactionId: string) => Promise<void>;
  /** Records a decision in place of another; rejects with LOG_RECORD_EXISTS where that was done before. */
  readonly supersede: (superseding: Superseding) => Promise<void>;
  readonly decide: (program: Program, assessment: Assessment, before: Decision) => Decision;
};

/**
 * Follows the log beside the engine, and evaluates approvals anew that a late event may make another decision. What it
 * finds is one record a transaction, however often it looks: an approval is revised once. Bounded by the ruleset
 * for each late event, and to a quarter of the time of the thread; behind that the log keeps what is to be done.
 */
export class LateReviewer {
  readonly #parts: LateReviewerParts;
  readonly #counts = { reviewed: 0, kept: 0, unclear: 0, revised: 0, failed: 0 };
  #started: Promise<void> | null = null;
  #subscription: Subscription | null = null;
  #isClosed = false;
  #position: Position = 0;
  #last: Checkpoint | null = null;
  #keptAtMs = 0;

  constructor(parts: LateReviewerParts) {
    this.#parts = parts;
  }

  report(): LateReviewReport {
    const { headPosition } = this.#parts.log.statistics();
    const isFollowing = this.#subscription !== null;
    return { ...this.#counts, lagRecords: isFollowing ? headPosition - this.#position : 0 };
  }

  /**
   * Begins to follow the log, where the ruleset has anything revised and it does not yet: after the checkpoint, or
   * where there is none after what the log has now. Rejects with READ_STORE_FAILED or a LOG_ error.
   */
  async follow(): Promise<void> {
    if (this.#parts.revisions() === null || this.#isClosed) return;
    this.#started ??= this.#start();
    await this.#started;
  }

  /** `follow` for a ruleset that is in force already, whatever becomes of its reviews. */
  followSoon(): void {
    this.follow().catch((error: Error) => {
      this.#parts.logger.error('Late events are not reviewed; decisions go on', { reason: error.message });
    });
  }

  async #start(): Promise<void> {
    const { log, checkpoints, logger } = this.#parts;
    const { headPosition } = log.statistics();
    const kept = await checkpoints.read();
    const isOfLog =
      kept === null || kept.position === 0 || (await hasRecord((...range) => log.readAll(...range), kept));
    if (!isOfLog) logger.warn('Late events were reviewed of another log: it is gone on from here', { ...kept });
    this.#position = isOfLog && kept !== null ? kept.position : headPosition;
    if (kept === null || !isOfLog) await this.#begin(headPosition);
    if (this.#isClosed) return;
    this.#subscription = log.subscribe({
      afterPosition: this.#position,
      onRecords: (records) => this.#take(records),
      onError: (error) => {
        logger.error('Late events are not reviewed any more; decisions go on', { reason: error.message });
      },
    });
  }

  /** Ends after the decision that is under review; the next life goes on there. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#subscription?.close();
    await this.#keep();
  }

  /** Keeps where it began, so that what comes from here on is reviewed whatever happens. */
  async #begin(headPosition: Position): Promise<void> {
    const [head] = headPosition === 0 ? [] : await this.#parts.log.readAll(headPosition - 1, 1);
    this.#last = { position: head?.position ?? 0, recordId: head?.recordId ?? '' };
    await this.#keep();
  }

  async #take(records: readonly StoredRecord[]): Promise<void> {
    for (const record of records) {
      if (mayBeOvertaken(record.body) && (await this.#review(record)) === 'interrupted') return;
      this.#position = record.position;
      this.#last = { position: record.position, recordId: record.recordId };
    }
    if (this.#parts.clock.monotonicMs() - this.#keptAtMs >= CHECKPOINT_EVERY_MS) await this.#keep();
  }

  async #review(record: StoredRecord): Promise<'done' | 'interrupted'> {
    if (record.type !== 'TransactionDecided' && record.type !== 'SideEventRecorded') return 'done';
    try {
      const fact = decodeFact(record.type, record.body);
      return isOvertaken(fact) ? await this.#reviewLate(record, fact) : 'done';
    } catch (error) {
      if (isPalisadeError(error) && error.code.startsWith('LOG_')) throw error;
      this.#counts.failed += 1;
      const reason = error instanceof Error ? error.message : String(error);
      this.#parts.logger.error('What a late event changes cannot be told', { recordId: record.recordId, reason });
      return 'done';
    }
  }

  async #reviewLate(record: StoredRecord, fact: Fact): Promise<'done' | 'interrupted'> {
    const { log, programOf, revisions } = this.#parts;
    const spec = revisions();
    if (this.#isClosed) return 'interrupted';
    const program = await programOf(versionOf(fact));
    if (spec === null || program === null) return 'done';
    const pages = new StreamPages(log);
    const late = { position: record.position, recordId: record.recordId, streams: record.streams, fact };
    const { decisions, outcomes, changed } = await affectedDecisions(program, pages, late, spec);
    this.#counts.reviewed += 1;
    for (const affected of decisions) {
      if (this.#isClosed) return 'interrupted';
      const startedMs = this.#parts.clock.monotonicMs();
      const hindsight = { position: record.position, outcomes };
      const revised = await this.#reviewOne(affected, { hindsight, pages, changed, spec, late: record, fact });
      const { transactionId } = affected.fact.transaction;
      // What was revised counts as that for the decisions after it.
      if (revised !== null)
        outcomes.set(transactionId, { outcome: revised.outcome, position: Number.MAX_SAFE_INTEGER });
      await this.#rest(this.#parts.clock.monotonicMs() - startedMs);
    }
    return 'done';
  }

  /** The decision that counts in place of an approval; null where the approval stands. */
  async #reviewOne(affected: AffectedDecision, question: Question): Promise<Decision | null> {
    const { log, programOf } = this.#parts;
    const { transactionId } = affected.fact.transaction;
    const before = await this.#counting(revisionRecordId(transactionId));
    if (before !== null) return before;
    const program = await programOf(affected.fact.decision.rulesetVersion);
    if (program === null) {
      this.#counts.unclear += 1;
      return null;
    }
    const review = await this.#verdictOf(affected, program, question);
    if (review.verdict !== 'revised') {
      this.#counts[review.verdict] += 1;
      return null;
    }
    await this.#parts.settled(transactionId);
    const told = await log.readRecord(supersedeRecordId(transactionId));
    const counting = told === null ? affected.fact.decision : decisionOf(told);
    // The caller was told otherwise in the meantime: there is no approval left.
    if (counting === null || counting.outcome !== 'approve') return counting;
    return await this.#revise(affected, counting, this.#parts.decide(program, review.assessment, counting), question);
  }

  /** By the lists and tables of today, and where those do not give the approval by those of its time. */
  async #verdictOf(affected: AffectedDecision, program: Program, question: Question): Promise<Review> {
    const { hindsight, pages, changed, spec } = question;
    const parts = { pages, changed, profileOf: this.#parts.profileOf };
    const review = await reviewDecision(program, affected, hindsight, spec, parts);
    if (review.verdict !== 'unclear') return review;
    const past = await this.#parts.programBefore(affected.fact.decision.rulesetVersion, affected.position);
    return past === null ? review : await reviewDecision(past, affected, hindsight, spec, parts);
  }

  async #revise(
    { fact, position }: AffectedDecision,
    superseded: Decision,
    decision: Decision,
    { late, fact: cause }: Question,
  ): Promise<Decision | null> {
    const { transaction } = fact;
    const { transactionId } = transaction;
    const recordId = revisionRecordId(transactionId);
    const occurredAt = new Date(eventTimeOf(cause) ?? 0).toISOString();
    const revisedBy = { corrects: position, causePosition: late.position, causeId: late.recordId, occurredAt };
    const verdict = fact.late === undefined ? {} : { late: { ...fact.late, corrections: [] } };
    try {
      await this.#parts.supersede({ recordId, transaction, superseded, decision, revisedBy, ...verdict });
    } catch (error) {
      if (!isPalisadeError(error, 'LOG_RECORD_EXISTS')) throw error;
      return await this.#counting(recordId);
    }
    this.#counts.revised += 1;
    this.#parts.logger.info('A late event revised an approval', { transactionId, outcome: decision.outcome });
    return decision;
  }

  async #counting(recordId: string): Promise<Decision | null> {
    const record = await this.#parts.log.readRecord(recordId);
    return record === null ? null : decisionOf(record);
  }

  /** Lets others have the thread. */
  async #rest(tookMs: number): Promise<void> {
    if (tookMs <= 0) return;
    await new Promise<void>((resolve) =>
      this.#parts.clock.schedule(Math.min(REST_FACTOR * tookMs, REST_MS_MAX), resolve),
    );
  }

  /** A checkpoint that cannot be kept costs another look after the next start, and nothing else. */
  async #keep(): Promise<void> {
    const checkpoint = this.#last;
    this.#keptAtMs = this.#parts.clock.monotonicMs();
    if (checkpoint === null) return;
    try {
      await this.#parts.checkpoints.write(checkpoint);
      if (this.#last === checkpoint) this.#last = null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#parts.logger.warn('How far late events are reviewed cannot be kept', { reason });
    }
  }
}

/** What one late event asks of an approval. */
type Question = {
  readonly hindsight: Hindsight;
  readonly pages: StreamPages;
  readonly changed: ReadonlySet<string>;
  readonly spec: RevisionSpec;
  readonly late: StoredRecord;
  readonly fact: Fact;
};

function versionOf(fact: Fact): string {
  if (fact.type === 'TransactionDecided') return fact.decision.rulesetVersion;
  return fact.type === 'SideEventRecorded' ? fact.rulesetVersion : '';
}

function decisionOf({ type, body }: StoredRecord): Decision | null {
  const fact = decodeFact(type, body);
  return fact.type === 'DecisionSuperseded' ? fact.decision : null;
}
