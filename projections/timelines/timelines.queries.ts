import { readPage } from '../../src/domain/list-page.ts';
import { Conditions } from '../../src/domain/row-selection.ts';
import { numberAt, textAt, timeAt } from '../../src/domain/stored-values.ts';
import type { Page, TimelineEntry, TimelineQuery } from '../../src/ports/console.ts';
import type { ProjectionReader } from '../../src/ports/projection-reader.ts';
import type { StoreRow } from '../../src/ports/read-store.ts';
import { HAPPENINGS_TABLE } from './timelines.model.ts';

/** A page of what happened to an entity beside the decisions, newest record first. */
export function readTimeline(reader: ProjectionReader, query: TimelineQuery): Page<TimelineEntry> {
  const { cursor, limit } = query;
  const conditions = new Conditions().has(['entities'], `${query.kind}:${query.id}`).oneOf('type', query.types);
  const ranges = [{ column: 'occurred_at', from: query.fromMs, to: query.toMs }];
  const order = { conditions, ranges, sort: 'position', descending: true, cursor, limit };
  return readPage(reader, HAPPENINGS_TABLE, order, entryOf);
}

/** The rows after a position, oldest first. */
export function readHappeningsAfter(reader: ProjectionReader, after: number, limit: number): readonly TimelineEntry[] {
  const sql = `SELECT * FROM ${reader.table('happenings')} WHERE position > ? ORDER BY position LIMIT ?`;
  return reader.all(sql, [after, limit]).map(entryOf);
}

function entryOf(row: StoreRow): TimelineEntry {
  return {
    position: numberAt(row, 'position'),
    type: textAt(row, 'type'),
    id: textAt(row, 'id'),
    occurredAt: timeAt(row, 'occurred_at'),
    recordedAt: timeAt(row, 'recorded_at'),
    summary: textAt(row, 'summary'),
    values: JSON.parse(textAt(row, 'details')),
  };
}
