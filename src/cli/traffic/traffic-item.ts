import { TRANSACTION_TYPES } from '../../domain/events.ts';

/** What is known of an event beside the event itself: whether it is fraud, and of which kind. */
export type Truth = { readonly fraud: boolean; readonly group: string };

/** An event as the wire has it. */
export type EventRecord = Readonly<Record<string, unknown>>;

/** An event that is ready to be sent, with what the order and the report need to know of it. */
export type TrafficItem = {
  readonly path: '/v1/authorizations' | '/v1/events';
  readonly body: string;
  /** Entities that the event touches, each with the letter of its kind. */
  readonly keys: readonly string[];
  /** Null for a side event. */
  readonly transactionId: string | null;
  readonly amountMinor: number;
  readonly currency: string;
  readonly event: EventRecord;
  readonly truth: Truth | null;
};

const KEY_FIELDS = [
  ['cardId', 'card'],
  ['accountId', 'account'],
  ['deviceId', 'device'],
  ['merchantId', 'merchant'],
  ['ip', 'ip'],
] as const;

const DECIDED_TYPES: ReadonlySet<unknown> = new Set(TRANSACTION_TYPES);

/** Whether a value is an object with members, as an event has to be. */
export function isEventRecord(value: unknown): value is EventRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entityKeys(event: EventRecord): string[] {
  const keys: string[] = [];
  for (const [field, kind] of KEY_FIELDS) {
    const id = event[field];
    if (typeof id === 'string') keys.push(`${kind}-${id}`);
  }
  const { entity, entityId } = event;
  if (typeof entity === 'string' && typeof entityId === 'string') keys.push(`${entity}-${entityId}`);
  return keys;
}

/** Makes an event ready to be sent. It is not checked: that is what the engine does. */
export function toTrafficItem(event: EventRecord, truth: Truth | null): TrafficItem {
  const { transactionId, amountMinor, currency } = event;
  const decided = DECIDED_TYPES.has(event.type);
  return {
    path: decided ? '/v1/authorizations' : '/v1/events',
    body: JSON.stringify(event),
    keys: entityKeys(event),
    transactionId: decided && typeof transactionId === 'string' ? transactionId : null,
    amountMinor: typeof amountMinor === 'number' ? amountMinor : 0,
    currency: typeof currency === 'string' ? currency : '',
    event,
    truth,
  };
}
