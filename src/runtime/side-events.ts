import { decodeFact, encodeFact } from '../codec/mod.ts';
import { isPalisadeError, PalisadeError } from '../domain/errors.ts';
import type { SideEvent } from '../domain/events.ts';
import type { Fact } from '../domain/records.ts';
import type { SideEventReceipt } from '../ports/engine.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Program } from './program.ts';
import { SideEventWork, sideEventRecordId } from './side-event-work.ts';
import type { TableCatalog } from './table-catalog.ts';
import type { Transactor } from './transactor.ts';

export type SideEventParts = {
  readonly log: EventLog;
  readonly transactor: Transactor;
  readonly tables: TableCatalog;
  readonly program: () => Program;
  readonly nowIso: () => string;
};

/** Records a side event once; a repeat gets the first receipt, the id with another body is a conflict. */
export async function recordSideEvent(event: SideEvent, parts: SideEventParts): Promise<SideEventReceipt> {
  if (parts.log.mayHaveRecord(sideEventRecordId(event.eventId))) {
    const stored = await storedReceipt(event, parts.log);
    if (stored !== null) return stored;
  }
  try {
    if (event.type === 'table_row') {
      await parts.tables.record(sideEventRecordId(event.eventId), event, parts.nowIso());
      return { eventId: event.eventId, repeated: false, alerts: [] };
    }
    if (event.type === 'metric') {
      const body = encodeFact({ type: 'MetricRecorded', metric: event, recordedAt: parts.nowIso() });
      await parts.log.append({ recordId: sideEventRecordId(event.eventId), type: 'MetricRecorded', body, streams: [] });
      return { eventId: event.eventId, repeated: false, alerts: [] };
    }
    return await new Promise<SideEventReceipt>((resolve, reject) => {
      parts.transactor.start(new SideEventWork(event, parts.program, parts.nowIso, resolve, reject));
    });
  } catch (error) {
    if (!isPalisadeError(error, 'LOG_RECORD_EXISTS')) throw error;
    const stored = await storedReceipt(event, parts.log);
    if (stored === null) throw error;
    return stored;
  }
}

async function storedReceipt(event: SideEvent, log: EventLog): Promise<SideEventReceipt | null> {
  const record = await log.readRecord(sideEventRecordId(event.eventId));
  if (record === null) return null;
  const fact = decodeFact(record.type, record.body);
  const recorded = eventIn(fact);
  if (recorded === null || !sameEvent(recorded, event)) {
    throw new PalisadeError(
      'TRANSACTION_CONFLICT',
      `Cannot record the event as its eventId was used with another body: ${JSON.stringify(event.eventId)}.`,
      { fields: [{ field: 'eventId', message: 'was used with another body' }] },
    );
  }
  const reasons = fact.type === 'SideEventRecorded' ? (fact.assessment?.reasons ?? []) : [];
  const alerts = reasons.map((reason) => reason.code);
  return { eventId: event.eventId, repeated: true, alerts };
}

/** The side event that a fact holds; null where it holds none. */
function eventIn(fact: Fact): SideEvent | null {
  switch (fact.type) {
    case 'SideEventRecorded':
      return fact.event;
    case 'TableRowRecorded':
      return fact.row;
    case 'MetricRecorded':
      return fact.metric;
    default:
      return null;
  }
}

/** Equal whatever the order of the members. */
function sameEvent(left: SideEvent, right: SideEvent): boolean {
  return canonical(left) === canonical(right);
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}
