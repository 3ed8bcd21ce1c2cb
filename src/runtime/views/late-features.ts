import { epochMsOf } from '../../codec/mod.ts';
import { streamOf } from '../../domain/entities.ts';
import { LATE_FEATURES, type LateArrival } from '../../domain/records.ts';
import type { ProjectedRecord, Projection, ProjectionSession, ProjectionTransaction } from '../../ports/projection.ts';
import { LATE_EVENTS_TABLE } from './view-tables.ts';

/** Changes whenever the same log would come to other rows. */
const VERSION = '1';

const STREAM = `view-${LATE_FEATURES}`;

/** How long what was put aside is listed, by the watermark: as long as the rows of a view that says nothing. */
const RETAIN_MS = 30 * 86_400_000;

/**
 * What came too late for the features of the engine, told as views tell it: events that were put aside are listed, and
 * said in the log, and so is what was corrected. Made from the records of the events, so that a crash loses none.
 */
export function lateFeaturesProjection(): Projection {
  return {
    name: LATE_FEATURES,
    version: VERSION,
    tables: [LATE_EVENTS_TABLE],
    open: () => new LateFeaturesSession(),
  };
}

type LateEvent = { readonly late: LateArrival; readonly occurredAt: string; readonly recordedAt: string };

/** Null for an event in time, and for one that is counted and no more. */
function lateEventOf(record: ProjectedRecord): LateEvent | null {
  const mayBe = record.type === 'TransactionDecided' || record.type === 'SideEventRecorded';
  // Most records are spared being decoded.
  if (!mayBe || !record.body.includes('"late":')) return null;
  const { fact } = record;
  if (fact.type !== 'TransactionDecided' && fact.type !== 'SideEventRecorded') return null;
  if (fact.late === undefined || fact.late.policy === 'drop') return null;
  return fact.type === 'TransactionDecided'
    ? { late: fact.late, occurredAt: fact.transaction.occurredAt, recordedAt: fact.decision.decidedAt }
    : { late: fact.late, occurredAt: fact.event.occurredAt, recordedAt: fact.recordedAt };
}

class LateFeaturesSession implements ProjectionSession {
  project(record: ProjectedRecord, transaction: ProjectionTransaction): void {
    const event = lateEventOf(record);
    if (event === null) return;
    if (event.late.policy === 'correct') this.#correct(record, event, transaction);
    else this.#putAside(record, event, transaction);
  }

  #putAside(
    { position, recordId }: ProjectedRecord,
    event: LateEvent,
    { tables, append }: ProjectionTransaction,
  ): void {
    const { late, occurredAt, recordedAt } = event;
    const watermarkMs = epochMsOf(late.watermark);
    const expired = watermarkMs - RETAIN_MS;
    tables.removeWhere(LATE_EVENTS_TABLE.name, [{ column: 'at', comparison: '<=', value: expired }]);
    tables.put(LATE_EVENTS_TABLE.name, {
      position,
      record_id: recordId,
      at: epochMsOf(occurredAt),
      watermark: watermarkMs,
      closed_windows: 0,
      policy: late.policy,
    });
    append(`l:${LATE_FEATURES}:${position}`, STREAM, {
      type: 'EventDiverted',
      view: LATE_FEATURES,
      causePosition: position,
      causeId: recordId,
      occurredAt: new Date(epochMsOf(occurredAt)).toISOString(),
      watermark: late.watermark,
      recordedAt,
    });
  }

  #correct({ position, recordId }: ProjectedRecord, event: LateEvent, { append }: ProjectionTransaction): void {
    for (const { kind, id, corrects, before, after } of event.late.corrections) {
      const rowId = streamOf(kind, id);
      const place = { view: LATE_FEATURES, rowId, group: { kind, id }, windowStart: null, windowEnd: null };
      const { recordedAt } = event;
      const told = { place, corrects, before, after, causePosition: position, causeId: recordId, recordedAt };
      append(`c:${LATE_FEATURES}:${position}:${rowId}`, STREAM, { type: 'ResultCorrected', ...told });
    }
  }
}
