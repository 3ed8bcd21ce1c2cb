import type { ActorKind } from '../../src/domain/entities.ts';
import type { DistinctField } from '../../src/domain/event-view.ts';
import type { Login, SideEvent, Transaction } from '../../src/domain/events.ts';
import { currentValue, type OracleEvent, windowValue } from '../windows/oracle.ts';
import type { RulesetVariant } from './ruleset-variants.ts';

/** Features that the oracle does not know; the folds cover them. */
const UNKNOWN = new Set(['home_distance_km']);
const DECIMALS: Readonly<Record<string, number>> = { JPY: 0 };

const numbers = new Map<string, number>();

/** A number for each text, 0 for none: the oracle compares values, it does not hash them. */
function numberOf(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  const known = numbers.get(text);
  if (known !== undefined) return known;
  numbers.set(text, numbers.size + 1);
  return numbers.size;
}

function outcomeOf(outcome: string): OracleEvent['outcome'] {
  if (outcome === 'approve') return 'approved';
  return outcome === 'decline' ? 'declined' : null;
}

/** Minor units of the base currency (2 decimals); NaN without a rate. */
function baseMinor({ amountMinor, currency }: Transaction, rates: Readonly<Record<string, number>>): number {
  const rate = currency === 'EUR' ? 1 : rates[currency];
  if (rate === undefined) return Number.NaN;
  return Math.round(amountMinor * 10 ** (2 - (DECIMALS[currency] ?? 2)) * rate);
}

function placed(location: { latitude: number; longitude: number } | undefined): [number, number] {
  return location === undefined ? [Number.NaN, Number.NaN] : [location.latitude, location.longitude];
}

/** A transaction as the oracle sees it under a ruleset. */
export function transactionEvent(transaction: Transaction, outcome: string, variant: RulesetVariant): OracleEvent {
  const amount = baseMinor(transaction, variant.rates);
  const [latitude, longitude] = placed(transaction.location);
  const fields: readonly DistinctField[] = ['country', 'deviceId', 'ip', 'cardId', 'accountId'];
  const values: Partial<Record<DistinctField, number>> = {};
  const texts: Readonly<Record<string, unknown>> = transaction;
  for (const field of fields) values[field] = numberOf(texts[field] as string | undefined);
  return {
    atMs: Date.parse(transaction.occurredAt),
    on: 'transaction',
    flag: amount >= 10_000,
    outcome: outcomeOf(outcome),
    amount: Number.isNaN(amount) ? 0 : amount,
    values,
    latitude,
    longitude,
  };
}

/** A login or a signal as the oracle sees it; null for what windows do not count. */
export function sideOracleEvent(event: SideEvent): OracleEvent | null {
  if (event.type !== 'login' && event.type !== 'signal') return null;
  const [latitude, longitude] = placed((event as Login).location);
  return {
    atMs: Date.parse(event.occurredAt),
    on: event.type,
    flag: event.type === 'login' ? event.status === 'failed' : event.signal === 'malware',
    outcome: null,
    amount: 0,
    values: { ip: numberOf(event.ip), deviceId: numberOf(event.deviceId), accountId: numberOf(event.accountId) },
    latitude,
    longitude,
  };
}

/** What one entity's windows were told, in the order of its stream, under each ruleset. */
export class EntityHistory {
  readonly #events = new Map<RulesetVariant, OracleEvent[]>();
  readonly #byTransaction = new Map<string, OracleEvent[]>();

  /** Events under a ruleset, whatever its features look at: each moves the present. */
  eventsOf(variant: RulesetVariant): readonly OracleEvent[] {
    return this.#events.get(variant) ?? [];
  }

  add(variant: RulesetVariant, event: OracleEvent, transactionId: string | null): void {
    const events = this.#events.get(variant);
    if (events === undefined) this.#events.set(variant, [event]);
    else events.push(event);
    if (transactionId === null) return;
    const same = this.#byTransaction.get(transactionId) ?? [];
    same.push(event);
    this.#byTransaction.set(transactionId, same);
  }

  reclassify(transactionId: string, outcome: string): void {
    for (const event of this.#byTransaction.get(transactionId) ?? []) event.outcome = outcomeOf(outcome);
  }
}

/** Values of one kind's features when `current` is decided; NaN where any value will do. */
export function expectedFeatures(
  variant: RulesetVariant,
  kind: ActorKind,
  earlier: readonly OracleEvent[],
  current: OracleEvent,
): number[] {
  const undecided = { ...current, outcome: null };
  const all = [...earlier, undecided];
  const now = all.reduce((latest, event) => Math.max(latest, event.atMs), Number.NEGATIVE_INFINITY);
  return variant.features
    .filter((spec) => spec.by === kind)
    .map((spec) => {
      if (UNKNOWN.has(spec.aggregate.function)) return Number.NaN;
      return spec.window === null ? currentValue(spec, earlier, undecided) : windowValue(spec, all, now);
    });
}

/**
 * Values of one kind's windows by name, as they stand after all that was told. What is about the current event is left
 * out: of two events of one time and amount a correction of the outcome may take the other.
 */
export function standingWindows(
  variant: RulesetVariant,
  kind: ActorKind,
  events: readonly OracleEvent[],
): Map<string, number> {
  const now = events.reduce((latest, event) => Math.max(latest, event.atMs), Number.NEGATIVE_INFINITY);
  const windowed = variant.features.filter(
    ({ by, window, aggregate }) => by === kind && window !== null && aggregate.function !== 'zscore',
  );
  return new Map(windowed.map((spec) => [spec.name, windowValue(spec, events, now)]));
}
