import type { EntitySideEvent } from '../../src/domain/events.ts';
import type { AlertRaised, Fact, SideEventRecorded } from '../../src/domain/records.ts';
import type { SagaAdvanced, SagaData } from '../../src/domain/sagas.ts';
import type { ProjectedRecord, Projection, ProjectionTransaction } from '../../src/ports/projection.ts';
import type { StoreTables } from '../../src/ports/read-store.ts';
import { HAPPENINGS_TABLE, SAGA_ENTITIES_TABLE, TIMELINES_VERSION } from './timelines.model.ts';

/** One thing that happened, as a row will have it. Times are RFC 3339. */
type Happening = {
  readonly type: string;
  readonly id: string;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly summary: string;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
  readonly entities: readonly string[];
};

const READ_TYPES: ReadonlySet<string> = new Set<Fact['type']>([
  'SideEventRecorded',
  'AlertRaised',
  'SuppressionSet',
  'SuppressionRemoved',
  'ListEntrySet',
  'ListEntryRemoved',
  'SagaAdvanced',
]);

const ENTITY_MEMBERS = [
  ['card', 'cardId'],
  ['account', 'accountId'],
  ['device', 'deviceId'],
  ['merchant', 'merchantId'],
  ['ip', 'ip'],
] as const;

/** What happened to each entity beside the decisions: logins, signals, labels, alerts, lists, responses. */
export function timelinesProjection(): Projection {
  return {
    name: 'console.timelines',
    version: TIMELINES_VERSION,
    tables: [HAPPENINGS_TABLE, SAGA_ENTITIES_TABLE],
    open: () => ({ project }),
  };
}

function project(record: ProjectedRecord, { tables }: ProjectionTransaction): void {
  if (!READ_TYPES.has(record.type)) return;
  const happening = happeningOf(record.fact, tables);
  if (happening === null) return;
  const { type, id, occurredAt, recordedAt, summary, details, entities } = happening;
  tables.put(HAPPENINGS_TABLE.name, {
    position: record.position,
    type,
    id,
    occurred_at: Date.parse(occurredAt),
    recorded_at: Date.parse(recordedAt),
    summary,
    details: JSON.stringify(details),
    entities: entities.join(' '),
  });
}

function happeningOf(fact: Fact, tables: StoreTables): Happening | null {
  switch (fact.type) {
    case 'SideEventRecorded':
      return ofSideEvent(fact);
    case 'AlertRaised':
      return ofAlert(fact);
    case 'SagaAdvanced':
      return ofSaga(fact, tables);
    case 'SuppressionSet': {
      const { ruleId, kind, id, untilMs, note } = fact.suppression;
      const until = new Date(untilMs).toISOString();
      const summary = `Rule ${ruleId} switched off until ${until}`;
      return changed('suppression', ruleId, fact.recordedAt, summary, { ruleId, until, note }, [`${kind}:${id}`]);
    }
    case 'SuppressionRemoved': {
      const { ruleId, kind, id, recordedAt } = fact;
      const summary = `Rule ${ruleId} switched on again`;
      return changed('suppression', ruleId, recordedAt, summary, { ruleId }, [`${kind}:${id}`]);
    }
    case 'ListEntrySet': {
      const { list, kind, value, note } = fact.entry;
      const summary = `Put on the ${list} list`;
      return changed('list', value, fact.recordedAt, summary, { list, kind, note }, [`${kind}:${value}`]);
    }
    case 'ListEntryRemoved': {
      const { list, kind, value, recordedAt } = fact;
      return changed('list', value, recordedAt, `Taken off the ${list} list`, { list, kind }, [`${kind}:${value}`]);
    }
    default:
      return null;
  }
}

function changed(
  type: string,
  id: string,
  recordedAt: string,
  summary: string,
  details: Happening['details'],
  entities: readonly string[],
): Happening {
  return { type, id, occurredAt: recordedAt, recordedAt, summary, details, entities };
}

function ofSideEvent({ event, assessment, recordedAt }: SideEventRecorded): Happening {
  const { eventId: id, occurredAt, type } = event;
  const reasons = (assessment?.reasons ?? []).map(({ code }) => code).join(' ');
  const details = { ...detailsOf(event), ...(reasons === '' ? {} : { reasons }) };
  const entities = event.type === 'reference' ? [`${event.entity}:${event.entityId}`] : entitiesOf({ ...event });
  return { type, id, occurredAt, recordedAt, summary: summaryOf(event), details, entities };
}

function summaryOf(event: EntitySideEvent): string {
  switch (event.type) {
    case 'login':
      return `Login ${event.status}`;
    case 'signal':
      return `Signal ${event.signal}`;
    case 'reference':
      return event.status === undefined ? 'Reference data stated' : `Command ${event.status}`;
    case 'label':
      return `Transaction ${event.transactionId} labelled ${event.label}`;
  }
}

function detailsOf(event: EntitySideEvent): Happening['details'] {
  const details: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(event)) {
    if (name === 'type' || name === 'eventId' || name === 'occurredAt') continue;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') details[name] = value;
  }
  if (event.type !== 'reference') return details;
  for (const [name, value] of Object.entries(event.attributes ?? {})) details[`attributes.${name}`] = value;
  if (event.home !== undefined) details.home = `${event.home.latitude}, ${event.home.longitude}`;
  return details;
}

function ofAlert({ ruleId, reason, score, place, state, occurredAt, recordedAt }: AlertRaised): Happening {
  const summary = `${state === 'shadow' ? 'Shadow alert' : 'Alert'} ${reason} of view ${place.view}`;
  const details = { ruleId, reason, score, view: place.view, rowId: place.rowId, state };
  return {
    type: 'alert',
    id: place.rowId,
    occurredAt,
    recordedAt,
    summary,
    details,
    entities: entitiesOf(place.group),
  };
}

function ofSaga(fact: SagaAdvanced, tables: StoreTables): Happening | null {
  const { saga, sagaId, stimulus, status, event, escalation, recordedAt } = fact;
  const found = entitiesOf({ ...inputOf(fact), ...fact.data });
  const known = tables.get(SAGA_ENTITIES_TABLE.name, [saga, sagaId])?.entities;
  const before = typeof known === 'string' && known !== '' ? known.split(' ') : [];
  const entities = [...new Set([...before, ...found])];
  if (entities.length > before.length) {
    tables.put(SAGA_ENTITIES_TABLE.name, { saga, saga_id: sagaId, entities: entities.join(' ') });
  }
  if (event === '' && stimulus.type !== 'trigger' && escalation === '') return null;
  const details = { saga, sagaId, stimulus: stimulus.type, event, status, escalation };
  const summary = `Response ${saga} is ${status}${escalation === '' ? '' : `: ${escalation}`}`;
  return { type: 'saga', id: sagaId, occurredAt: recordedAt, recordedAt, summary, details, entities };
}

function inputOf({ stimulus }: SagaAdvanced): SagaData {
  return stimulus.type === 'trigger' ? stimulus.input : {};
}

function entitiesOf(members: Readonly<Record<string, unknown>>): string[] {
  return ENTITY_MEMBERS.flatMap(([kind, member]) => {
    const id = members[member];
    return typeof id === 'string' && id !== '' ? [`${kind}:${id}`] : [];
  });
}
