import type { DistinctField } from '../../src/domain/event-view.ts';
import type { FeatureSpec } from '../../src/domain/features.ts';

/** An event as the tests make it: what it is, not which bits that gives. `flag` stands for the condition `where`. */
export type OracleEvent = {
  atMs: number;
  on: FeatureSpec['on'];
  flag: boolean;
  outcome: 'approved' | 'declined' | null;
  amount: number;
  values: Partial<Record<DistinctField, number>>;
  latitude: number;
  longitude: number;
};

/** Size of a sliding window, ms. */
export function sizeOf({ window }: FeatureSpec): number {
  return window?.kind === 'sliding' ? window.sizeMs : 0;
}

/** The only condition that the tests use. */
export const FLAG = 'event.flag';

export function isSelected(spec: Pick<FeatureSpec, 'on' | 'outcome' | 'where'>, event: OracleEvent): boolean {
  const isOutcome = spec.outcome === 'all' || spec.outcome === event.outcome;
  return spec.on === event.on && isOutcome && (spec.where === null || event.flag);
}

/** The haversine formula as textbooks write it. */
export function haversineKm(lat1: number, lon1: number, lat2: number, lon2: number): number {
  const radians = Math.PI / 180;
  const half = (degrees: number) => Math.sin((degrees * radians) / 2) ** 2;
  const haversine = half(lat2 - lat1) + Math.cos(lat1 * radians) * Math.cos(lat2 * radians) * half(lon2 - lon1);
  return 2 * 6371.0088 * Math.asin(Math.sqrt(Math.min(1, haversine)));
}

/** Sum of squared deviations times n, in whole numbers without rounding. */
function exactDeviation(amounts: readonly number[]): number {
  const count = BigInt(amounts.length);
  const sum = amounts.reduce((total, amount) => total + BigInt(amount), 0n);
  const squares = amounts.reduce((total, amount) => total + BigInt(amount) * BigInt(amount), 0n);
  return amounts.length === 0 ? 0 : Math.sqrt(Number(count * squares - sum * sum)) / amounts.length;
}

/** The selected events inside of a window at a time, each by the definition of its kind. */
function insideOf(spec: FeatureSpec, events: readonly OracleEvent[], nowMs: number, slackMs: number): OracleEvent[] {
  const { window } = spec;
  const known = events.filter((event) => isSelected(spec, event) && event.atMs <= nowMs);
  const between = (fromMs: number, untilMs: number) =>
    known.filter((event) => event.atMs >= fromMs && event.atMs < untilMs);
  switch (window?.kind) {
    case 'sliding':
      return known.filter((event) => event.atMs > nowMs - window.sizeMs - slackMs);
    case 'tumbling':
      return known.filter((event) => Math.floor(event.atMs / window.sizeMs) === Math.floor(nowMs / window.sizeMs));
    case 'hopping': {
      const starts = [];
      for (let hop = Math.floor(nowMs / window.everyMs); hop * window.everyMs + window.sizeMs > nowMs; hop--) {
        starts.push(hop * window.everyMs);
      }
      const earliest = Math.min(...starts);
      return between(earliest, earliest + window.sizeMs);
    }
    case 'session': {
      const latestFirst = [...known].sort((left, right) => right.atMs - left.atMs);
      const end = latestFirst.findIndex(
        (event, index) => (latestFirst[index - 1]?.atMs ?? nowMs) - event.atMs > window.gapMs,
      );
      return end < 0 ? latestFirst : latestFirst.slice(0, end);
    }
    default:
      return known;
  }
}

/** The number at a share of the sorted numbers, nearest rank; shares are whole ten thousandths. */
function nearestRank(amounts: readonly number[], share: number): number {
  const sorted = [...amounts].sort((left, right) => left - right);
  const rank = Math.max(1, Math.ceil((Math.round(share * 10_000) * sorted.length) / 10_000));
  return Math.max(0, sorted[rank - 1] ?? 0);
}

function zscoreOf(amount: number, baseline: readonly number[]): number {
  const deviation = exactDeviation(baseline);
  if (baseline.length < 2 || deviation === 0) return 0;
  return (amount - baseline.reduce((total, one) => total + one, 0) / baseline.length) / deviation;
}

function iqrPositionOf(amount: number, baseline: readonly number[]): number {
  const [low, high] = [nearestRank(baseline, 0.25), nearestRank(baseline, 0.75)];
  if (baseline.length < 4 || low === high) return 0;
  if (amount > high) return (amount - high) / (high - low);
  return amount < low ? (amount - low) / (high - low) : 0;
}

/** Events by time, and by amount where they are of one time. */
function inOrder(events: readonly OracleEvent[]): OracleEvent[] {
  return [...events].sort((left, right) => left.atMs - right.atMs || left.amount - right.amount);
}

function rateOf(spec: FeatureSpec, inside: readonly OracleEvent[], total: number, nowMs: number): number {
  const { window } = spec;
  if (window !== null && 'sizeMs' in window) return total / (window.sizeMs / 1000);
  if (inside.length === 0) return 0;
  return total / Math.max(1, (nowMs - Math.min(...inside.map((event) => event.atMs))) / 1000);
}

function rateOfChangeOf(inside: readonly OracleEvent[]): number {
  const sorted = inOrder(inside);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined || first.atMs === last.atMs) return 0;
  return (last.amount - first.amount) / 100 / ((last.atMs - first.atMs) / 1000);
}

/**
 * Value of a windowed feature from its definition: every event ever seen, filtered. The last of `events` is the current
 * one. `slackMs` moves the start of a sliding window into the past.
 */
export function windowValue(spec: FeatureSpec, events: readonly OracleEvent[], nowMs: number, slackMs = 0): number {
  const inside = insideOf(spec, events, nowMs, slackMs);
  const amounts = inside.map((event) => event.amount);
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  const current = events.at(-1);
  const isPresent = current !== undefined && isSelected({ ...spec, outcome: 'all' }, current);
  const place = current === undefined ? -1 : inside.indexOf(current);
  const baseline = amounts.filter((_, index) => index !== place);
  const { aggregate } = spec;
  switch (aggregate.function) {
    case 'count':
      return inside.length;
    case 'sum':
      return sum / 100;
    case 'mean':
      return inside.length === 0 ? 0 : sum / inside.length / 100;
    case 'max':
      return inside.length === 0 ? 0 : Math.max(...amounts) / 100;
    case 'min':
      return inside.length === 0 ? 0 : Math.min(...amounts) / 100;
    case 'stddev':
      return exactDeviation(amounts) / 100;
    case 'variance':
      return (exactDeviation(amounts) / 100) ** 2;
    case 'first':
      return (inOrder(inside)[0]?.amount ?? 0) / 100;
    case 'last':
      return (inOrder(inside).at(-1)?.amount ?? 0) / 100;
    case 'rate':
      return rateOf(spec, inside, aggregate.field === null ? inside.length : sum / 100, nowMs);
    case 'rate_of_change':
      return rateOfChangeOf(inside);
    case 'quantile':
      return inside.length === 0 ? 0 : nearestRank(amounts, aggregate.share) / 100;
    case 'zscore':
      return isPresent ? zscoreOf(current.amount, baseline) : 0;
    case 'iqr_position':
      return isPresent ? iqrPositionOf(current.amount, baseline) : 0;
    case 'distinct':
      return new Set(inside.map((event) => event.values[aggregate.field] ?? 0).filter((value) => value !== 0)).size;
    default:
      throw new Error(`Not windowed: ${aggregate.function}`);
  }
}

/**
 * Value of a feature without a window for the current event, which is the last of `events` in order of arrival.
 * `current` has no outcome yet.
 */
export function currentValue(spec: FeatureSpec, earlier: readonly OracleEvent[], current: OracleEvent): number {
  const past = earlier.filter((event) => isSelected(spec, event));
  const isPresent = isSelected({ ...spec, outcome: 'all' }, current);
  const { aggregate } = spec;
  const latest = (events: readonly OracleEvent[]) => Math.max(...events.map((event) => event.atMs));
  switch (aggregate.function) {
    case 'first_time': {
      const value = current.values[aggregate.field] ?? 0;
      const known = new Set(past.map((event) => event.values[aggregate.field] ?? 0).filter((one) => one !== 0));
      return isPresent && value !== 0 && known.size > 0 && !known.has(value) ? 1 : 0;
    }
    case 'age_s': {
      const counted = isSelected(spec, current) ? [...past, current] : past;
      const now = latest([...earlier, current]);
      return counted.length === 0 ? 0 : (now - Math.min(...counted.map((event) => event.atMs))) / 1000;
    }
    case 'idle_s':
      return past.length === 0 ? 0 : Math.max(0, current.atMs - latest(past)) / 1000;
    default: {
      const located = past.filter((event) => !Number.isNaN(event.latitude));
      if (!isPresent || Number.isNaN(current.latitude) || located.length === 0) return 0;
      const when = latest(located);
      const distances = located
        .filter((event) => event.atMs === when)
        .map((event) => haversineKm(event.latitude, event.longitude, current.latitude, current.longitude));
      const [distance] = distances;
      if (distance === undefined || distances.some((other) => Math.abs(other - distance) > 1e-6)) return Number.NaN;
      if (aggregate.function === 'distance_km') return distance;
      return (distance / Math.max(60_000, Math.abs(current.atMs - when))) * 3_600_000;
    }
  }
}
