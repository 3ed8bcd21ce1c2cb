import type { EvidenceValue } from '../../domain/decision.ts';
import type { Position } from '../../domain/entities.ts';
import { VIEW_CHANGES_MAX } from '../../domain/limits.ts';
import type { Fact, ViewPlace } from '../../domain/records.ts';
import type { Row } from '../../domain/views.ts';
import type { ProjectedRecord } from '../../ports/projection.ts';
import type { StoreTables } from '../../ports/read-store.ts';
import type { CompiledView, InputEvent, OperatorListener, RowChange } from '../../views/mod.ts';
import type { AlertRules } from './alert-rules.ts';
import type { StreamEvent } from './stream-events.ts';
import type { ViewProgress } from './view-progress.ts';
import { rowText, storedColumns } from './view-tables.ts';

/** The record that is being taken in. */
type Cause = {
  readonly position: Position;
  readonly recordId: string;
  readonly event: StreamEvent;
  readonly watermarkMs: number;
  readonly append: (recordId: string, fact: Fact) => void;
};

/**
 * Keeps the rows of a view and what changed in them, and says what others have to hear: alerts, corrections, and events
 * that were put aside.
 */
export class ViewResults implements OperatorListener {
  readonly #view: CompiledView;
  readonly #tables: StoreTables;
  readonly #progress: ViewProgress;
  readonly #rules: () => AlertRules;
  #cause: Cause | null = null;

  constructor(view: CompiledView, tables: StoreTables, progress: ViewProgress, rules: () => AlertRules) {
    this.#view = view;
    this.#tables = tables;
    this.#progress = progress;
    this.#rules = rules;
  }

  /** What happens next happens because of this record. */
  begin(
    record: ProjectedRecord,
    event: StreamEvent,
    watermarkMs: number,
    append: (recordId: string, fact: Fact) => void,
  ): void {
    const { position, recordId } = record;
    this.#cause = { position, recordId, event, watermarkMs, append };
  }

  changed(change: RowChange): void {
    const cause = this.#cause;
    if (cause === null) return;
    const { rowId, before, after, afterMs, closesMs, isCorrection } = change;
    const sequence = ++this.#progress.sequence;
    const earlier = before === null ? null : this.#tables.get('rows', [rowId]);
    const corrects = isCorrection && earlier !== null ? Number(earlier._change) : null;
    const kind = isCorrection ? 'correction' : before === null ? 'insert' : after === null ? 'delete' : 'update';
    if (after === null) this.#tables.remove('rows', [rowId]);
    else {
      this.#tables.put('rows', {
        ...storedColumns(after, this.#view.output),
        _id: rowId,
        _at: afterMs,
        _closes: Number.isFinite(closesMs) ? closesMs : null,
        _change: sequence,
        _position: cause.position,
      });
    }
    this.#tables.put('changes', {
      sequence,
      position: cause.position,
      row_id: rowId,
      kind,
      corrects,
      before: before === null ? null : rowText(before),
      after: after === null ? null : rowText(after),
    });
    if (isCorrection) this.#correct(change, corrects, cause);
    if (after !== null) this.#raiseAlerts(change, after, cause);
  }

  late(event: InputEvent, closedCount: number, isDropped: boolean): void {
    const cause = this.#cause;
    if (cause === null) return;
    const policy = this.#view.spec.time.late;
    this.#progress.late += 1;
    if (isDropped) this.#progress.dropped += 1;
    if (policy === 'drop') return;
    const { position, recordId, watermarkMs } = cause;
    const { atMs } = event.moment;
    this.#tables.put('late_events', {
      position,
      record_id: recordId,
      at: atMs,
      watermark: watermarkMs,
      closed_windows: closedCount,
      policy,
    });
    if (position <= this.#rules().afterPosition) return;
    const { name } = this.#view.spec;
    cause.append(`l:${name}:${position}`, {
      type: 'EventDiverted',
      view: name,
      causePosition: position,
      causeId: recordId,
      occurredAt: isoOf(atMs),
      watermark: isoOf(watermarkMs),
      recordedAt: isoOf(cause.event.recordedMs),
    });
  }

  /** Lets the oldest changes go. */
  trimChanges(): void {
    const oldest = this.#progress.sequence - VIEW_CHANGES_MAX;
    if (oldest <= 0) return;
    this.#tables.removeWhere('changes', [{ column: 'sequence', comparison: '<=', value: oldest }]);
  }

  #correct({ rowId, before, after }: RowChange, corrects: number | null, cause: Cause): void {
    this.#progress.corrections += 1;
    if (cause.position <= this.#rules().afterPosition) return;
    const { name } = this.#view.spec;
    cause.append(`c:${name}:${cause.position}:${rowId}`, {
      type: 'ResultCorrected',
      place: this.#placeOf(rowId, after ?? before ?? {}),
      corrects,
      before: before === null ? null : evidenceOf(before),
      after: after === null ? null : evidenceOf(after),
      causePosition: cause.position,
      causeId: cause.recordId,
      recordedAt: isoOf(cause.event.recordedMs),
    });
  }

  #raiseAlerts(change: RowChange, row: Row, cause: Cause): void {
    const { rules, rulesetVersion, afterPosition } = this.#rules();
    for (const { rule, matches } of rules) {
      if (matches !== null && !matches(row, change.afterMs)) continue;
      if (this.#isRaised(rule.id, change)) continue;
      const closes = Number.isFinite(change.closesMs) ? change.closesMs : null;
      this.#tables.put('raised', { rule_id: rule.id, row_id: change.rowId, closes });
      if (cause.position <= afterPosition) continue;
      cause.append(`a:${rule.id}:${this.#view.spec.name}:${change.rowId}`, {
        type: 'AlertRaised',
        ruleId: rule.id,
        state: rule.state === 'shadow' ? 'shadow' : 'active',
        reason: rule.reason,
        score: rule.score,
        responses: rule.respond,
        place: this.#placeOf(change.rowId, row),
        row: evidenceOf(row),
        causePosition: cause.position,
        occurredAt: isoOf(cause.event.atMs),
        rulesetVersion,
        recordedAt: isoOf(cause.event.recordedMs),
      });
    }
  }

  /** Whether a rule has found the row, or one that became part of it, before. */
  #isRaised(ruleId: string, { rowId, replaced, closesMs }: RowChange): boolean {
    if (this.#tables.get('raised', [ruleId, rowId]) !== null) return true;
    if (!replaced.some((other) => this.#tables.get('raised', [ruleId, other]) !== null)) return false;
    const closes = Number.isFinite(closesMs) ? closesMs : null;
    this.#tables.put('raised', { rule_id: ruleId, row_id: rowId, closes });
    return true;
  }

  #placeOf(rowId: string, row: Row): ViewPlace {
    const { name, groupBy } = this.#view.spec;
    const group = Object.fromEntries(groupBy.map((column) => [column, row[column] ?? '']));
    const { window_start: start, window_end: end } = row;
    const windowStart = typeof start === 'number' ? isoOf(start) : null;
    return { view: name, rowId, group, windowStart, windowEnd: typeof end === 'number' ? isoOf(end) : null };
  }
}

/** A row for a record: numbers that are not there, or not finite, stay out. */
function evidenceOf(row: Row): Readonly<Record<string, EvidenceValue>> {
  return Object.fromEntries(
    Object.entries(row).filter(([, value]) => typeof value !== 'number' || Number.isFinite(value)),
  );
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
