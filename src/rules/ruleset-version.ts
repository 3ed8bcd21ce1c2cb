import { createHash } from 'node:crypto';
import { usualRevisions } from './parse-event-time.ts';
import type { Ruleset } from './ruleset.ts';

const VERSION_DIGITS = 32;

/** JSON with the keys of every object in order, so that equal meanings give equal texts. */
function canonicalJson(value: unknown): string {
  if (value === Number.POSITIVE_INFINITY) return '"never"';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`;
}

/**
 * Version of a ruleset: the first 32 hexadecimal digits of the SHA-256 of its meaning. Comments, layout, quoting, the
 * order of keys and of features, and spelled-out defaults make no difference; everything else does.
 */
export function versionOf(meaning: Omit<Ruleset, 'version' | 'text' | 'kinds'>): string {
  const { tables, views, viewRules, featureTimes, revisions, ...others } = meaning;
  // Left out where there are none, so that a ruleset that was written before there were such keeps its version.
  const newer = Object.entries({ tables, views, viewRules }).filter(([, parts]) => parts.length > 0);
  const times = featureTimes === null ? {} : { featureTimes };
  const isUsual = featureTimes === null || canonicalJson(revisions) === canonicalJson(usualRevisions(featureTimes));
  const revised = isUsual ? {} : { revisions };
  const text = canonicalJson({ ...others, ...times, ...revised, ...Object.fromEntries(newer) });
  return createHash('sha256').update(text).digest('hex').slice(0, VERSION_DIGITS);
}
