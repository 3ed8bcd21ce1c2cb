import { WINDOW_KINDS, type WindowSpec } from '../domain/features.ts';
import { WINDOW_SIZE_MS_MAX } from '../domain/limits.ts';
import { parseDuration } from './duration.ts';
import { type FieldReader, quoted } from './field-reader.ts';
import { didYouMean } from './suggestion.ts';

const FORMS = 'sliding 1h, tumbling 1m, hopping 1h every 5m, session 15m, unbounded';

type ReadWindow = { readonly window: WindowSpec } | { readonly problem: string };

function problemOf(problem: string): ReadWindow {
  return { problem };
}

/** Milliseconds of a duration, or what is wrong with it. */
function timeOf(what: string, text: string): number | string {
  const timeMs = parseDuration(text);
  if (timeMs !== null && timeMs <= WINDOW_SIZE_MS_MAX) return timeMs;
  const days = WINDOW_SIZE_MS_MAX / 86_400_000;
  return `${what} is a duration from 1s to ${days}d (30s, 5m, 1h, 7d), not ${quoted(text)}.`;
}

function hoppingOf(sizeMs: number, every: string): ReadWindow {
  const everyMs = timeOf('A hop', every);
  if (typeof everyMs === 'string') return problemOf(everyMs);
  if (everyMs <= sizeMs) return { window: { kind: 'hopping', sizeMs, everyMs } };
  return problemOf('A hop must not be longer than its window, or events would fall between two windows.');
}

/** Reads a window as a ruleset writes it, in one of the forms that the message about a wrong one names. */
export function parseWindow(text: string): ReadWindow {
  const [kind = '', size, word, every, ...more] = text.trim().split(/ +/);
  const name = WINDOW_KINDS.find((candidate) => candidate === kind);
  if (name === undefined) {
    return problemOf(`window must be one of ${FORMS}, not ${quoted(text)}.${didYouMean(kind, WINDOW_KINDS)}`);
  }
  if (name === 'unbounded') {
    return size === undefined ? { window: { kind: name } } : problemOf('unbounded has no duration: write it alone.');
  }
  const isHopping = name === 'hopping';
  const isComplete = isHopping ? word === 'every' && every !== undefined && more.length === 0 : word === undefined;
  if (size === undefined || !isComplete) {
    const form = isHopping ? '"hopping 1h every 5m"' : `"${name} 1h"`;
    return problemOf(`A ${name} window is written as in ${form}, not ${quoted(text)}.`);
  }
  const timeMs = timeOf(name === 'session' ? 'The gap of a session' : 'A window', size);
  if (typeof timeMs === 'string') return problemOf(timeMs);
  if (name === 'session') return { window: { kind: name, gapMs: timeMs } };
  return isHopping ? hoppingOf(timeMs, every ?? '') : { window: { kind: name, sizeMs: timeMs } };
}

/** Reads the field `window`; null, and a problem, where it is no window. */
export function readWindowField(reader: FieldReader): WindowSpec | null {
  const text = reader.text('window');
  if (text === '') return null;
  const read = parseWindow(text);
  if ('window' in read) return read.window;
  reader.report('window', read.problem);
  return null;
}
