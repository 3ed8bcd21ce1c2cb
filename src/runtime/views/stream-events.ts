import { epochMsOf, hourOf, type RateOf, viewOfSideEvent, viewOfTransaction, weekdayOf } from '../../codec/mod.ts';
import type { Decision } from '../../domain/decision.ts';
import type { SideEvent, TableRow, Transaction } from '../../domain/events.ts';
import { currencyExponent } from '../../domain/money.ts';
import type { Fact, ViewPlace } from '../../domain/records.ts';
import type { EventStream, Row, RowValue, ViewSpec } from '../../domain/views.ts';
import { ALERT_ENTITIES, type CurrencyTable } from '../../rules/mod.ts';

/** One event of a stream, as a record of the log holds it. */
export type StreamEvent = {
  readonly row: Row;
  readonly atMs: number;
  readonly id: string;
  readonly producer: string;
  /** When it was recorded, by the record itself: the time by which producers fall idle. */
  readonly recordedMs: number;
  /** -1 for an event that is taken back. */
  readonly sign: 1 | -1;
};

const NOTHING: readonly StreamEvent[] = [];

/** Reads the events of one stream out of facts; amounts are in the base currency of a ruleset. */
export class StreamReader {
  readonly #stream: EventStream;
  readonly #table: string | null;
  readonly #rateOf: RateOf;
  readonly #baseExponent: number;

  constructor(from: Extract<ViewSpec['from'], { stream: EventStream }>, { base, rates }: CurrencyTable) {
    this.#stream = from.stream;
    this.#table = from.table ?? null;
    const known = new Map(Object.entries(rates)).set(base, 1);
    this.#rateOf = (currency) => known.get(currency);
    this.#baseExponent = currencyExponent(base) ?? 2;
  }

  /** Types of record that may hold an event of the stream: no other has to be decoded. */
  reads(recordType: string): boolean {
    switch (this.#stream) {
      case 'transaction':
        return recordType === 'TransactionDecided';
      case 'decision':
        return recordType === 'TransactionDecided' || recordType === 'DecisionSuperseded';
      case 'metric':
        return recordType === 'MetricRecorded';
      case 'table_row':
        return recordType === 'TableRowRecorded';
      case 'alert':
        return recordType === 'AlertRaised';
      case 'login':
      case 'signal':
      case 'reference':
      case 'label':
        return recordType === 'SideEventRecorded';
    }
  }

  /** The events of a fact: none, one, or for a superseded decision the one taken back and the one in its place. */
  eventsOf(fact: Fact): readonly StreamEvent[] {
    switch (fact.type) {
      case 'TransactionDecided':
        if (this.#stream === 'transaction') return [this.#ofTransaction(fact.transaction, fact.decision)];
        return this.#stream === 'decision' ? [this.#ofDecision(fact.transaction, fact.decision, 1)] : NOTHING;
      case 'DecisionSuperseded':
        if (this.#stream !== 'decision') return NOTHING;
        return [
          this.#ofDecision(fact.transaction, fact.superseded, -1),
          this.#ofDecision(fact.transaction, fact.decision, 1),
        ];
      case 'SideEventRecorded':
        return fact.event.type === this.#stream ? [ofSideEvent(fact.event, fact.recordedAt)] : NOTHING;
      case 'MetricRecorded':
        return this.#stream === 'metric' ? [ofSideEvent(fact.metric, fact.recordedAt)] : NOTHING;
      case 'TableRowRecorded':
        if (this.#stream !== 'table_row' || (this.#table !== null && this.#table !== fact.row.table)) return NOTHING;
        return [ofTableRow(fact.row, fact.recordedAt)];
      case 'AlertRaised': {
        if (this.#stream !== 'alert') return NOTHING;
        const { ruleId, reason, score, place, occurredAt, recordedAt } = fact;
        const id = `${ruleId} ${place.view} ${place.rowId}`;
        const row = { id, ruleId, reason, score, view: place.view, ...entitiesOf(place.group) };
        return [eventOf(row, occurredAt, recordedAt)];
      }
      default:
        return NOTHING;
    }
  }

  #ofTransaction(transaction: Transaction, { decidedAt }: Decision): StreamEvent {
    const { transactionId: id, occurredAt, producer = '' } = transaction;
    const row: Row = { ...viewOfTransaction(transaction, this.#rateOf, this.#baseExponent), producer };
    return { row, atMs: epochMsOf(occurredAt), id, producer, recordedMs: epochMsOf(decidedAt), sign: 1 };
  }

  #ofDecision(transaction: Transaction, decision: Decision, sign: 1 | -1): StreamEvent {
    const event = this.#ofTransaction(transaction, decision);
    const { outcome, score, mode, responseCode, reasons, rulesetVersion } = decision;
    const codes = reasons.map(({ code }) => code);
    const reason = codes[0] ?? '';
    const answer = { outcome, score, mode, responseCode, reason, reasons: codes.join(' '), rulesetVersion };
    return { ...event, row: { ...event.row, ...answer }, sign };
  }
}

/** What an alert is about, as far as the view was grouped by it. */
function entitiesOf(group: ViewPlace['group']): Row {
  return Object.fromEntries(ALERT_ENTITIES.map((name) => [name, String(group[name] ?? '')]));
}

function eventOf(row: Readonly<Record<string, RowValue>>, occurredAt: string, recordedAt: string): StreamEvent {
  const atMs = epochMsOf(occurredAt);
  const producer = typeof row.producer === 'string' ? row.producer : '';
  const id = String(row.id ?? '');
  return {
    row: { occurredAtMs: atMs, hour: hourOf(occurredAt), weekday: weekdayOf(occurredAt), producer, ...row },
    atMs,
    id,
    producer,
    recordedMs: epochMsOf(recordedAt),
    sign: 1,
  };
}

/** Texts and numbers of an event under their own names; what is nested stays out. */
function scalarsOf(event: SideEvent): Record<string, RowValue> {
  const row: Record<string, RowValue> = {};
  for (const [name, value] of Object.entries(event)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') row[name] = value;
  }
  return row;
}

function ofSideEvent(event: SideEvent, recordedAt: string): StreamEvent {
  const scalars = scalarsOf(event);
  if (event.type === 'metric') {
    for (const [name, value] of Object.entries(event.metrics)) scalars[`metrics.${name}`] = value;
  }
  const view = event.type === 'login' || event.type === 'signal' ? viewOfSideEvent(event) : null;
  const row = view === null ? scalars : { ...scalars, ...view };
  return eventOf({ ...row, id: event.eventId }, event.occurredAt, recordedAt);
}

function ofTableRow({ eventId, columns = {}, removed, ...row }: TableRow, recordedAt: string): StreamEvent {
  const values = Object.fromEntries(Object.entries(columns).map(([name, value]) => [`columns.${name}`, value]));
  const { table, key, occurredAt, producer = '' } = row;
  return eventOf({ ...values, table, key, removed: removed === true, producer, id: eventId }, occurredAt, recordedAt);
}
