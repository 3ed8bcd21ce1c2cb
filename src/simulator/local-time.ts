const DAY_MS = 86_400_000;
const DATES_KEPT = 64;
const dates = new Map<number, string>();

function dateOf(day: number): string {
  const known = dates.get(day);
  if (known !== undefined) return known;
  if (dates.size >= DATES_KEPT) dates.clear();
  const text = new Date(day * DAY_MS).toISOString().slice(0, 10);
  dates.set(day, text);
  return text;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

/** RFC 3339 with whole seconds and an offset in minutes. Dates are kept, as a run stays on few of them. O(1). */
export function formatLocalTime(timeMs: number, utcOffsetMinutes: number): string {
  const localMs = timeMs + utcOffsetMinutes * 60_000;
  const day = Math.floor(localMs / DAY_MS);
  const seconds = Math.floor((localMs - day * DAY_MS) / 1000);
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  if (utcOffsetMinutes === 0) return `${dateOf(day)}T${clock}Z`;
  const distance = Math.abs(utcOffsetMinutes);
  const offset = `${utcOffsetMinutes < 0 ? '-' : '+'}${two(Math.floor(distance / 60))}:${two(distance % 60)}`;
  return `${dateOf(day)}T${clock}${offset}`;
}

/** Hour of day with a fraction, 0 to 24, at this offset. */
export function localHour(timeMs: number, utcOffsetMinutes: number): number {
  const localMs = timeMs + utcOffsetMinutes * 60_000;
  return (localMs - Math.floor(localMs / DAY_MS) * DAY_MS) / 3_600_000;
}

/** Day of week at this offset, 1 Monday to 7 Sunday. */
export function localWeekday(timeMs: number, utcOffsetMinutes: number): number {
  const day = Math.floor((timeMs + utcOffsetMinutes * 60_000) / DAY_MS);
  return ((day + 3) % 7) + 1;
}
