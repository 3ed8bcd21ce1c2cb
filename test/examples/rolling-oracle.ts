import type { Transaction } from '../../src/domain/events.ts';
import { distinctCount, HOUR_MS, MINUTE_MS, slidingAt, sumOf, type Timed } from './plain-definitions.ts';

/** A value, or the least and the most that a sketch with its stated error may say. */
export type Expected = number | readonly [low: number, high: number];

const EARTH_RADIUS_KM = 6371.0088;
const LEAST_TIME_MS = MINUTE_MS;
/** Relative error that quantiles are allowed. */
const QUANTILE_ERROR = 0.01;

function amounts(payments: readonly Timed[]): readonly number[] {
  return payments.map(({ event }) => event.amountMinor / 100);
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : sumOf(values) / values.length;
}

function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}

/** Nearest rank: the smallest value that is not below a share of all. */
function rankOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0;
}

function distanceOf(one: Transaction, other: Transaction): number {
  if (one.location === undefined || other.location === undefined) return 0;
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const north = radians(other.location.latitude - one.location.latitude);
  const east = radians(other.location.longitude - one.location.longitude);
  const half =
    Math.sin(north / 2) ** 2 +
    Math.cos(radians(one.location.latitude)) * Math.cos(radians(other.location.latitude)) * Math.sin(east / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(half));
}

function zscoreOf(current: number, others: readonly number[]): number {
  const deviation = deviationOf(others);
  return others.length < 2 || deviation === 0 ? 0 : (current - meanOf(others)) / deviation;
}

/** Interquartile ranges outside the quartiles of the others; the quartiles are known to within the error. */
function iqrOf(current: number, others: readonly number[]): Expected {
  if (others.length < 4) return 0;
  const low = rankOf(others, 0.25);
  const high = rankOf(others, 0.75);
  const slack = QUANTILE_ERROR * high;
  if (high - low <= 4 * slack) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const least = high - low - 2 * slack;
  const most = high - low + 2 * slack;
  if (current > high) return [Math.max(0, (current - high - slack) / most), (current - high + slack) / least];
  if (current < low) return [(current - low - slack) / least, Math.min(0, (current - low + slack) / most)];
  return [-slack / least, slack / least];
}

/** What a card's features have to be after its payments so far, in the order of arrival; times are in ms. */
export function cardFeatures(arrived: readonly Timed[]): Readonly<Record<string, Expected>> {
  const current = arrived.at(-1);
  if (current === undefined) return {};
  const nowMs = Math.max(...arrived.map(({ atMs }) => atMs));
  const minute = slidingAt(arrived, nowMs, MINUTE_MS);
  const five = slidingAt(arrived, nowMs, 5 * MINUTE_MS);
  const hour = slidingAt(arrived, nowMs, HOUR_MS);
  const others = amounts(hour.filter((payment) => payment !== current));
  const own = current.event.amountMinor / 100;
  const countries = (payments: readonly Timed[]): number => distinctCount(payments.map(({ event }) => event.country));
  const earlier = arrived.slice(0, -1);
  const latestMs = Math.max(...earlier.map(({ atMs }) => atMs));
  const before = earlier.find(({ atMs }) => atMs === latestMs);
  const distance = before === undefined ? 0 : distanceOf(before.event, current.event);
  const elapsedMs = Math.max(LEAST_TIME_MS, Math.abs(current.atMs - (before?.atMs ?? 0)));
  const p95 = rankOf(amounts(hour), 0.95);
  return {
    count_1m: minute.length,
    count_5m: five.length,
    count_1h: hour.length,
    amount_1m: sumOf(amounts(minute)),
    amount_5m: sumOf(amounts(five)),
    amount_1h: sumOf(amounts(hour)),
    rate_5m: five.length / 300,
    burst: hour.length === 0 ? 0 : five.length / hour.length,
    mean_5m: meanOf(amounts(five)),
    mean_1h: meanOf(amounts(hour)),
    stddev_1h: deviationOf(amounts(hour)),
    zscore_1h: zscoreOf(own, others),
    iqr_1h: iqrOf(own, others),
    p95_1h: [p95 * (1 - QUANTILE_ERROR), p95 * (1 + QUANTILE_ERROR)],
    distance_km: distance,
    speed_kmh: (distance * HOUR_MS) / elapsedMs,
    countries_1m: countries(minute),
    countries_5m: countries(five),
    countries_1h: countries(hour),
  };
}

/** Different values of a field in the last time up to the newest of some events. */
function distinctIn(arrived: readonly Timed[], field: 'cardId' | 'accountId' | 'deviceId', sizeMs: number): number {
  const nowMs = Math.max(...arrived.map(({ atMs }) => atMs));
  return distinctCount(slidingAt(arrived, nowMs, sizeMs).map(({ event }) => event[field]));
}

/** What the features of the other entities of a payment have to be: by kind, with the payments of each so far. */
export const OTHER_FEATURES: Readonly<
  Record<string, (arrived: readonly Timed[]) => Readonly<Record<string, Expected>>>
> = {
  account: (arrived) => ({ devices_1h: distinctIn(arrived, 'deviceId', HOUR_MS) }),
  device: (arrived) => ({
    cards_1m: distinctIn(arrived, 'cardId', MINUTE_MS),
    cards_5m: distinctIn(arrived, 'cardId', 5 * MINUTE_MS),
    cards_1h: distinctIn(arrived, 'cardId', HOUR_MS),
  }),
  ip: (arrived) => ({ accounts_1h: distinctIn(arrived, 'accountId', HOUR_MS) }),
  merchant: (arrived) => ({ cards_5m: distinctIn(arrived, 'cardId', 5 * MINUTE_MS) }),
  card_merchant: (arrived) => ({
    count_1h: slidingAt(arrived, Math.max(...arrived.map(({ atMs }) => atMs)), HOUR_MS).length,
  }),
};
