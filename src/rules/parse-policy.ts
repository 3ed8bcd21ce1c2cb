import { OUTCOMES, type Outcome } from '../domain/decision.ts';
import { CHANNELS } from '../domain/events.ts';
import { currencyExponent } from '../domain/money.ts';
import { FieldReader } from './field-reader.ts';
import { DEFAULT_FALLBACK_RESPONSE_CODES, DEFAULT_RESPONSE_CODES } from './policy.ts';
import type { CurrencyTable, FallbackEntry, Policy, ResponseCodes } from './ruleset.ts';

const CURRENCY_FORM = 'an ISO 4217 code of three capital letters';
const DEADLINE_MS_MAX = 60_000;
const SCORE = { min: 0, max: 100 } as const;

/** Reads the base currency and the rates to it. */
export function readCurrency(root: FieldReader): CurrencyTable {
  const reader = root.child('currency');
  if (reader === null) {
    if (!root.has('currency')) root.report('currency', 'The field currency is missing.');
    return { base: 'EUR', rates: {} };
  }
  const base = reader.textLike('base', /^[A-Z]{3}$/, CURRENCY_FORM);
  if (/^[A-Z]{3}$/.test(base) && currencyExponent(base) === null) {
    reader.report('base', `${base} is no currency that ISO 4217 lists.`);
  }
  const rates: Record<string, number> = {};
  const table = reader.child('rates');
  for (const { key, offset } of table?.entries() ?? []) {
    if (table === null) break;
    if (currencyExponent(key) === null) {
      reader.source.report(offset, table.pathOf(key), `${key} is no currency that ISO 4217 lists.`);
    }
    const rate = table.number(key, { min: 1e-9, max: 1e9 });
    if (key === base && rate !== 1) table.report(key, `The rate of the base currency is 1, not ${rate}.`);
    rates[key] = rate;
  }
  reader.finish();
  return { base, rates };
}

function readThresholds(policy: FieldReader): Policy['thresholds'] {
  const none = {
    challenge: Number.POSITIVE_INFINITY,
    review: Number.POSITIVE_INFINITY,
    decline: Number.POSITIVE_INFINITY,
  };
  const reader = policy.child('thresholds');
  if (reader === null) return none;
  const read = (key: keyof typeof none) => (reader.has(key) ? reader.number(key, { min: 1, max: 100 }) : none[key]);
  const thresholds = { challenge: read('challenge'), review: read('review'), decline: read('decline') };
  reader.finish();
  if (thresholds.challenge > thresholds.review && reader.has('review')) {
    reader.report('review', 'The threshold of review must not be below that of challenge.');
  }
  if (Math.min(thresholds.challenge, thresholds.review) > thresholds.decline) {
    reader.report('decline', 'The threshold of decline must not be below the others.');
  }
  return thresholds;
}

function readFallback(policy: FieldReader): FallbackEntry[] {
  const { source } = policy;
  if (!policy.has('fallback')) {
    policy.report('fallback', 'The field fallback is missing: what to answer when the deadline has passed.');
    return [];
  }
  const nodes = policy.list('fallback');
  const entries = nodes.flatMap((node, index): FallbackEntry[] => {
    const path = `${policy.pathOf('fallback')}[${index}]`;
    const reader = FieldReader.of(source, node, path, source.offsetOf(policy.node('fallback')));
    if (reader === null) return [];
    const channel = reader.has('channel') ? reader.choice('channel', CHANNELS) : null;
    const amountMax = reader.has('amount_max') ? reader.number('amount_max', { min: 0, max: 1e12 }) : null;
    const outcome = reader.choice('outcome', OUTCOMES);
    reader.finish();
    const isDefault = channel === null && amountMax === null;
    if (isDefault && index < nodes.length - 1) {
      source.report(reader.offset, path, 'This entry fits everything, so that those after it are never reached.');
    } else if (!isDefault && index === nodes.length - 1) {
      source.report(
        reader.offset,
        path,
        'The last entry must fit everything: an outcome without channel and amount_max.',
      );
    }
    return [{ channel, amountMax, outcome }];
  });
  if (nodes.length === 0) policy.report('fallback', 'fallback must end with an entry that has only an outcome.');
  return entries;
}

function readCodes(policy: FieldReader, key: string, defaults: ResponseCodes): ResponseCodes {
  const reader = policy.child(key);
  if (reader === null) return defaults;
  const codes: Record<Outcome, string> = { ...defaults };
  for (const outcome of OUTCOMES) {
    codes[outcome] = reader.textLike(outcome, /^[0-9A-Z]{2}$/, 'two digits or capital letters', defaults[outcome]);
  }
  reader.finish();
  return codes;
}

/** Reads the policy; a ruleset has to state one, as there is no safe answer past the deadline to assume. */
export function readPolicy(root: FieldReader): Policy {
  const reader = root.child('policy');
  if (reader === null) {
    if (!root.has('policy')) root.report('policy', 'The field policy is missing: thresholds and fallback.');
    const thresholds = { challenge: 0, review: 0, decline: 0 };
    const responseCodes = DEFAULT_RESPONSE_CODES;
    const fallbackResponseCodes = DEFAULT_FALLBACK_RESPONSE_CODES;
    const placeholders = { thresholds, watchScore: 0, deadlineMs: 1, unknownCurrency: 'review', fallback: [] } as const;
    return { ...placeholders, responseCodes, fallbackResponseCodes };
  }
  const policy: Policy = {
    thresholds: readThresholds(reader),
    watchScore: reader.number('watch_score', SCORE, 20),
    deadlineMs: reader.number('deadline_ms', { min: 1, max: DEADLINE_MS_MAX, integer: true }, 250),
    unknownCurrency: reader.choice('unknown_currency', OUTCOMES, 'review'),
    fallback: readFallback(reader),
    responseCodes: readCodes(reader, 'response_codes', DEFAULT_RESPONSE_CODES),
    fallbackResponseCodes: readCodes(reader, 'fallback_response_codes', DEFAULT_FALLBACK_RESPONSE_CODES),
  };
  reader.finish();
  return policy;
}
