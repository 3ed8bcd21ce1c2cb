import { WINDOW_SIZE_MS_MAX } from '../domain/limits.ts';
import { parseDuration } from './duration.ts';
import { type FieldReader, quoted } from './field-reader.ts';

/** Milliseconds of a field that is a duration, `0s` among them where `min` is 0; at most 90 days. */
export function readSpan(reader: FieldReader, key: string, bounds: { min: number; fallback: number }): number {
  if (!reader.has(key)) return bounds.fallback;
  const text = reader.text(key);
  if (text === '') return bounds.fallback;
  const spanMs = text === '0s' ? 0 : parseDuration(text);
  if (spanMs !== null && spanMs >= bounds.min && spanMs <= WINDOW_SIZE_MS_MAX) return spanMs;
  const days = WINDOW_SIZE_MS_MAX / 86_400_000;
  const least = bounds.min === 0 ? '0s' : '1s';
  reader.report(key, `${key} is a duration from ${least} to ${days}d (30s, 5m, 1h, 7d), not ${quoted(text)}.`);
  return bounds.fallback;
}
