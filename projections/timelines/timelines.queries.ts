import { readList } from '../../src/domain/list-statement.ts';
import { Conditions } from '../../src/domain/row-selection.ts';
import { cursorOf, numberAt, pageEndOf, textAt, timeAt } from '../../src/domain/stored-values.ts';
import type { Page, TimelineEntry, TimelineQuery } from '../../src/ports/console.ts';
import type { ProjectionReader } from '../../src/ports/projection-reader.ts';
import type { StoreRow } from '../../src/ports/read-store.ts';
import { HAPPENINGS_TABLE } from './timelines.model.ts';

/** A page of what happened to an entity beside the decisions, newest record first. */
export function readTimeline(reader: ProjectionReader, query: TimelineQuery): Page<TimelineEntry> {
  const rows = readList({
    table: reader.table('happenings'),
    words: reader.words('happenings'),
    vocabulary: reader.vocabulary('happenings'),
    orders: reader.orders('happenings'),
    wordColumns: HAPPENINGS_TABLE.words ?? [],
    conditions: new Conditions().has(['entities'], `${query.kind}:${query.id}`).oneOf('type', query.types),
    ranges: [{ column: 'occurred_at', from: query.fromMs, to: query.toMs }],
    sort: 'position',
    descending: true,
    after: query.cursor === null ? null : pageEndOf(query.cursor),
    limit: query.limit,
    all: (sql, values) => reader.all(sql, values),
  });
  const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
  const end = last === undefined ? 0 : numberAt(last, 'position');
  return {
    position: reader.position,
    items: rows.slice(0, query.limit).map(entryOf),
    nextCursor: last === undefined ? null : cursorOf({ value: end, position: end }),
  };
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
