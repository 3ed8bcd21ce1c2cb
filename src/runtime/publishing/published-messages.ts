import { decodeFact, envelopeOf } from '../../codec/mod.ts';
import type { EntitySideEvent } from '../../domain/events.ts';
import type {
  AlertRaised,
  EventDiverted,
  Fact,
  ResultCorrected,
  SideEventRecorded,
  ViewPlace,
} from '../../domain/records.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import type { BusMessage } from '../../ports/message-bus.ts';
import { cloudEventHeaders } from './cloud-event.ts';
import type { TopicNames } from './topic-names.ts';

/** Finds the record that a late event came in; null where the log no longer has it. */
export type CauseReader = (recordId: string) => Promise<StoredRecord | null>;

/** What is sent of a record, before it has its headers. */
type Told = {
  readonly topic: string;
  readonly type: string;
  readonly id: string;
  readonly key: string;
  readonly subject: string;
  readonly time: string;
  readonly value: string;
};

const NOTHING: readonly BusMessage[] = [];

/** A side event that no rule hit, as the encoder writes it, and as nothing else in a record can read. */
const NO_HIT = /"assessment":null|"reasons":\[\],"shadow":/;

/**
 * Makes the messages of a record: the same for the same record, whenever and by whomever they are made, so that their
 * ids tell a repeat. The topics are keyed by entity: a card's decisions, alerts and late events keep their order.
 */
export class PublishedMessages {
  readonly #topics: TopicNames;
  readonly #source: string;
  readonly #causeOf: CauseReader;

  /** `source` names the engine in every message, as a URI reference. */
  constructor(topics: TopicNames, source: string, causeOf: CauseReader) {
    this.#topics = topics;
    this.#source = source;
    this.#causeOf = causeOf;
  }

  /** Messages of a record, none for most types. Throws RECORD_UNREADABLE. O(length) for a decision, without parsing. */
  of(record: StoredRecord): readonly BusMessage[] | Promise<readonly BusMessage[]> {
    switch (record.type) {
      case 'TransactionDecided':
      case 'DecisionSuperseded':
        return this.#ofDecision(record);
      case 'SideEventRecorded':
        return NO_HIT.test(record.body) ? NOTHING : this.#ofFact(record);
      case 'AlertRaised':
      case 'EventDiverted':
      case 'ResultCorrected':
        return this.#ofFact(record);
      default:
        return NOTHING;
    }
  }

  #ofDecision(record: StoredRecord): readonly BusMessage[] {
    const { text, transactionId, outcome, decidedAt } = envelopeOf(record.body);
    const key = cardOf(record);
    const isFirst = record.type === 'TransactionDecided';
    const told = { key, subject: transactionId, time: decidedAt, value: text };
    const decision = this.#message({
      ...told,
      topic: this.#topics.decisions,
      type: isFirst ? 'palisade.decision.made' : 'palisade.decision.superseded',
      id: record.recordId,
    });
    if (outcome === 'approve') return [decision];
    const type = 'palisade.alert.decision';
    return [decision, this.#message({ ...told, topic: this.#topics.alerts, type, id: `${record.recordId}:alert` })];
  }

  #ofFact(record: StoredRecord): readonly BusMessage[] | Promise<readonly BusMessage[]> {
    const fact = decodeFact(record.type, record.body);
    switch (fact.type) {
      case 'SideEventRecorded':
        return this.#ofSideEvent(record, fact);
      case 'AlertRaised':
        return fact.state === 'active' ? [this.#ofViewAlert(record, fact)] : NOTHING;
      case 'ResultCorrected':
        return [this.#ofCorrection(record, fact)];
      case 'EventDiverted':
        return this.#ofDiverted(record, fact);
      default:
        return NOTHING;
    }
  }

  #ofSideEvent(
    { recordId }: StoredRecord,
    { event, assessment, recordedAt }: SideEventRecorded,
  ): readonly BusMessage[] {
    if (assessment === null || assessment.reasons.length === 0) return NOTHING;
    const type = `palisade.alert.${event.type}`;
    const told = { topic: this.#topics.alerts, type, id: `${recordId}:alert`, subject: event.eventId };
    const value = JSON.stringify({ event, assessment });
    return [this.#message({ ...told, key: entityOf(event), time: recordedAt, value })];
  }

  #ofViewAlert({ recordId }: StoredRecord, fact: AlertRaised): BusMessage {
    return this.#message({
      topic: this.#topics.alerts,
      type: 'palisade.alert.view',
      id: recordId,
      key: groupOf(fact.place),
      subject: `${fact.place.view}/${fact.place.rowId}`,
      time: fact.recordedAt,
      value: membersOf(fact),
    });
  }

  #ofCorrection({ recordId }: StoredRecord, fact: ResultCorrected): BusMessage {
    return this.#message({
      topic: this.#topics.late,
      type: 'palisade.late.correction',
      id: recordId,
      key: groupOf(fact.place),
      subject: `${fact.place.view}/${fact.place.rowId}`,
      time: fact.recordedAt,
      value: membersOf(fact),
    });
  }

  /** With the event itself: it is this topic that a late event goes to, in the place of its windows. */
  async #ofDiverted({ recordId }: StoredRecord, fact: EventDiverted): Promise<readonly BusMessage[]> {
    const record = await this.#causeOf(fact.causeId);
    const cause = record === null ? null : eventOf(decodeFact(record.type, record.body));
    const { type: _, ...members } = fact;
    return [
      this.#message({
        topic: this.#topics.late,
        type: 'palisade.late.event',
        id: recordId,
        key: cause?.key ?? fact.causeId,
        subject: fact.causeId,
        time: fact.recordedAt,
        value: JSON.stringify({ ...members, event: cause?.event ?? null }),
      }),
    ];
  }

  #message({ topic, key, value, ...event }: Told): BusMessage {
    return { topic, key, value, headers: cloudEventHeaders({ ...event, source: this.#source }) };
  }
}

function membersOf({ type: _, ...members }: AlertRaised | ResultCorrected): string {
  return JSON.stringify(members);
}

function cardOf({ streams, recordId }: StoredRecord): string {
  const card = streams.find(({ stream }) => stream.startsWith('card-'));
  return card === undefined ? recordId : card.stream.slice('card-'.length);
}

/** The entity that orders an event, as messages to the engine are keyed. */
function entityOf(event: EntitySideEvent): string {
  switch (event.type) {
    case 'login':
      return event.accountId;
    case 'signal':
      return event.deviceId ?? event.accountId ?? event.eventId;
    case 'reference':
      return event.entityId;
    case 'label':
      return event.cardId;
  }
}

/** What a row is grouped by, without its window: the windows of one group keep their order. */
function groupOf({ group, rowId }: ViewPlace): string {
  const values = Object.values(group);
  return values.length === 0 ? rowId : values.join('+');
}

function eventOf(fact: Fact): { readonly key: string; readonly event: unknown } | null {
  switch (fact.type) {
    case 'TransactionDecided':
      return { key: fact.transaction.cardId, event: fact.transaction };
    case 'SideEventRecorded':
      return { key: entityOf(fact.event), event: fact.event };
    case 'MetricRecorded':
      return { key: fact.metric.deviceId, event: fact.metric };
    default:
      return null;
  }
}
