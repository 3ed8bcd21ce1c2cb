import { DISTINCT_FIELDS, type DistinctField, type EventView } from '../domain/event-view.ts';
import { hash53 } from '../domain/hash.ts';

/** One function for each field: a name in a variable would be looked up anew for every event. */
const READERS: Readonly<Record<DistinctField, (event: EventView) => string>> = {
  type: (event) => event.type,
  currency: (event) => event.currency,
  channel: (event) => event.channel,
  country: (event) => event.country,
  mcc: (event) => event.mcc,
  bin: (event) => event.bin,
  binCountry: (event) => event.binCountry,
  ipCountry: (event) => event.ipCountry,
  cardId: (event) => event.cardId,
  accountId: (event) => event.accountId,
  deviceId: (event) => event.deviceId,
  merchantId: (event) => event.merchantId,
  payeeId: (event) => event.payeeId,
  ip: (event) => event.ip,
};

const IN_ORDER = DISTINCT_FIELDS.map((field) => READERS[field]);

/** Hashes of an event's fields, each made once however many kinds of actor count it. For one event at a time. */
export class FieldHashes {
  readonly #hashes = new Float64Array(DISTINCT_FIELDS.length);
  #event: EventView | null = null;

  /** Hash of a field, by its place in DISTINCT_FIELDS; 0 where it is absent. */
  of(event: EventView, field: number): number {
    if (event !== this.#event) {
      this.#event = event;
      this.#hashes.fill(Number.NaN);
    }
    const known = this.#hashes[field] ?? 0;
    return Number.isNaN(known) ? this.#make(event, field) : known;
  }

  #make(event: EventView, field: number): number {
    const text = IN_ORDER[field]?.(event) ?? '';
    const hash = text === '' ? 0 : hash53(text);
    this.#hashes[field] = hash;
    return hash;
  }
}
