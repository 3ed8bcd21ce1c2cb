const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Time ranges that can be chosen with one key. */
export const RANGES = ['10m', '1h', '24h', 'all', 'custom'] as const;
export type RangeName = (typeof RANGES)[number];

const RANGE_MS: Readonly<Record<RangeName, number | null>> = {
  '10m': 10 * MINUTE_MS,
  '1h': HOUR_MS,
  '24h': DAY_MS,
  all: null,
  custom: null,
};

/** Bounds as a query states them: RFC 3339, '' for none. */
export type Bounds = { readonly from: string; readonly to: string };

/**
 * Bounds of a range that ends with the newest event, or with the present where that is older: traffic that is played
 * from a file has times of its own.
 */
export function boundsOf(range: RangeName, custom: Bounds, endMs: number): Bounds {
  if (range === 'custom') return custom;
  const spanMs = RANGE_MS[range];
  return { from: spanMs === null ? '' : new Date(endMs - spanMs).toISOString(), to: '' };
}

/** How far the newest event may be behind the clock before ranges end with it. */
const STALE_MS = 5 * MINUTE_MS;

/** Where ranges end: the present, or the newest event where it is stale. */
export function rangeEndMs(
  newestIso: string | null,
  nowMs: number,
): { readonly endMs: number; readonly isStale: boolean } {
  const newestMs = newestIso === null ? Number.NaN : Date.parse(newestIso);
  const isStale = newestMs < nowMs - STALE_MS;
  return { endMs: isStale ? newestMs : nowMs, isStale };
}

/** A time in a time zone, to the second; '' where it is no time. The zone of the viewer where none is named. */
export function localText(iso: string, timeZone?: string): string {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return '';
  const zone = timeZone === undefined ? {} : { timeZone };
  const format = new Intl.DateTimeFormat('en-GB', { ...DATE_PARTS, ...zone });
  return format.format(ms).replace(',', '');
}

const DATE_PARTS = {
  year: 'numeric',
  month: 'short',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
} as const;

/** A time in UTC, for comparison with logs; '' where it is no time. */
export function utcText(iso: string): string {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? '' : `${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}

/** How long something takes or is ago: two units at most. */
export function spanText(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < MINUTE_MS) return `${Math.floor(whole / SECOND_MS)} s`;
  if (whole < HOUR_MS) return twoUnits(whole, MINUTE_MS, 'min', SECOND_MS, 's');
  if (whole < DAY_MS) return twoUnits(whole, HOUR_MS, 'h', MINUTE_MS, 'min');
  return twoUnits(whole, DAY_MS, 'd', HOUR_MS, 'h');
}

function twoUnits(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const rest = Math.floor((ms % largeMs) / smallMs);
  const first = `${Math.floor(ms / largeMs)} ${large}`;
  return rest === 0 ? first : `${first} ${rest} ${small}`;
}

/** What an input of type datetime-local holds, as RFC 3339; '' where it holds nothing. It means the viewer's zone. */
export function isoOfInput(text: string): string {
  const ms = text === '' ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString();
}
