import { DISTINCT_FIELDS, NUMERIC_FIELDS } from '../domain/event-view.ts';
import type { EventSource } from '../domain/events.ts';
import type { AggregateSpec, WindowSpec } from '../domain/features.ts';
import { EVENT_NUMBERS, EVENT_TEXTS } from './event-fields.ts';
import { cutHint, type FieldReader, quoted } from './field-reader.ts';
import { readWindowField } from './parse-window.ts';
import { didYouMean } from './suggestion.ts';

type FunctionName = AggregateSpec['function'];

const WINDOWED = [
  ...(['count', 'sum', 'mean', 'min', 'max', 'stddev', 'variance', 'distinct', 'quantile', 'rate'] as const),
  ...(['rate_of_change', 'first', 'last', 'zscore', 'iqr_position'] as const),
] as const;

const UNWINDOWED = [
  ...(['distance_km', 'speed_kmh', 'home_distance_km', 'first_time', 'age_s', 'idle_s', 'ratio'] as const),
] as const;

/** Names of all aggregates. */
export const AGGREGATES: readonly FunctionName[] = [...WINDOWED, ...UNWINDOWED];

const AGGREGATE_FORM = /^([a-z_]+)(?: *\( *([^()]*?) *\))?$/;
const FIELD_FORM = /^event\.([A-Za-z]+)$/;
const SHARE_FORM = /^0\.[0-9]{1,4}$/;

/** Fields that events of a source never have. A transaction may have any. */
const FIELDS_OF_SIDE_EVENTS: Readonly<Record<Exclude<EventSource, 'transaction'>, readonly string[]>> = {
  login: ['type', 'ipCountry', 'accountId', 'deviceId', 'ip'],
  signal: ['type', 'accountId', 'deviceId', 'ip'],
};

type FieldNames = readonly [string, ...string[]];

/** Reads one aggregate; every problem is reported at the field `aggregate`. */
class AggregateReader {
  readonly #reader: FieldReader;
  readonly #on: EventSource;
  readonly #name: string;
  readonly #argument: string | undefined;

  constructor(reader: FieldReader, on: EventSource, name: string, argument: string | undefined) {
    this.#reader = reader;
    this.#on = on;
    this.#name = name;
    this.#argument = argument;
  }

  problem(message: string): null {
    this.#reader.report('aggregate', message);
    return null;
  }

  /** The field of an aggregate; null, and a problem, where it is missing, not known, of another type or never there. */
  field<T extends FieldNames>(options: T, argument = this.#argument): T[number] | null {
    const field = FIELD_FORM.exec(argument ?? '')?.[1];
    const chosen = options.find((option) => option === field);
    if (chosen === undefined || field === undefined) return this.#noField(argument ?? '', field, options);
    if (this.#on === 'transaction' || FIELDS_OF_SIDE_EVENTS[this.#on].includes(field)) return chosen;
    return this.problem(`A ${this.#on} has no ${field}, so that ${this.#name}(event.${field}) would always be 0.`);
  }

  #noField(argument: string, field: string | undefined, options: FieldNames): null {
    const fields = options.map((option) => `event.${option}`).join(', ');
    const isText = field !== undefined && Object.hasOwn(EVENT_TEXTS, field);
    const isNumber = field !== undefined && Object.hasOwn(EVENT_NUMBERS, field);
    const what = isText || isNumber ? ` event.${field} is a ${isText ? 'text' : 'number'}.` : '';
    const unknown = ` There is no event.${field}.${didYouMean(field ?? '', options)}`;
    const hint = what === '' && field !== undefined ? unknown : what;
    const example = this.#name === 'quantile' ? ', 0.95' : '';
    const form = `${this.#name}(event.${options[0]}${example})`;
    const instead = argument === '' || field !== undefined ? '' : ` ${quoted(argument)} is no field.`;
    return this.problem(`${this.#name} reads one of ${fields}, as in ${form}.${instead}${hint}`);
  }

  quantile(): AggregateSpec | null {
    const [argument = '', share = '', ...more] = (this.#argument ?? '').split(/ *, */);
    const field = this.field(NUMERIC_FIELDS, argument);
    if (field === null) return null;
    const value = SHARE_FORM.test(share) && more.length === 0 ? Number(share) : 0;
    if (value > 0) return { function: 'quantile', field, share: value };
    const form = `quantile(event.${field}, 0.95)`;
    return this.problem(`quantile needs a share above 0 and below 1 with up to four decimals, as in ${form}.`);
  }

  ratio(by: string): AggregateSpec | null {
    const names = (this.#argument ?? '').split(/ *, */);
    const own = names.map((name) => (name.startsWith(`${by}.`) ? name.slice(by.length + 1) : ''));
    const [numerator = '', denominator = ''] = own;
    if (names.length === 2 && numerator !== '' && denominator !== '')
      return { function: 'ratio', numerator, denominator };
    return this.problem(`ratio takes two features of the same ${by}, as in ratio(${by}.count_5m, ${by}.count_1h).`);
  }
}

function withField(name: (typeof AGGREGATES)[number], parts: AggregateReader): AggregateSpec | null {
  switch (name) {
    case 'distinct': {
      const field = parts.field(DISTINCT_FIELDS);
      return field === null ? null : { function: name, field };
    }
    case 'first_time': {
      const field = parts.field(DISTINCT_FIELDS);
      return field === null ? null : { function: name, field };
    }
    case 'sum':
    case 'mean':
    case 'min':
    case 'max':
    case 'stddev':
    case 'variance':
    case 'first':
    case 'last':
    case 'rate':
    case 'rate_of_change':
    case 'zscore':
    case 'iqr_position': {
      const field = parts.field(NUMERIC_FIELDS);
      return field === null ? null : { function: name, field };
    }
    case 'quantile':
      return parts.quantile();
    default:
      return parts.problem(`${name} reads no field: write ${name} alone.`);
  }
}

/** Reads the field `aggregate` of a feature of `by`; null, and a problem, where it is none. */
export function readAggregate(reader: FieldReader, on: EventSource, by: string): AggregateSpec | null {
  const text = reader.text('aggregate');
  if (text === '') return null;
  const [, word = '', argument] = AGGREGATE_FORM.exec(text) ?? [];
  const name = AGGREGATES.find((candidate) => candidate === word);
  if (name === undefined) {
    const hint = cutHint(text) || didYouMean(word === '' ? text : word, AGGREGATES);
    reader.report('aggregate', `aggregate must be one of ${AGGREGATES.join(', ')}, not ${quoted(text)}.${hint}`);
    return null;
  }
  const parts = new AggregateReader(reader, on, name, argument);
  if (name === 'ratio') return parts.ratio(by);
  if (argument !== undefined) return withField(name, parts);
  switch (name) {
    case 'rate':
      return { function: name, field: null };
    case 'count':
    case 'distance_km':
    case 'speed_kmh':
    case 'home_distance_km':
    case 'age_s':
    case 'idle_s':
      return { function: name };
    default:
      return withField(name, parts);
  }
}

/** Reads the field `window`, which an aggregate needs or must not have. */
export function readWindow(reader: FieldReader, aggregate: AggregateSpec | null): WindowSpec | null {
  const isWindowed = aggregate !== null && WINDOWED.some((name) => name === aggregate.function);
  if (!reader.has('window')) {
    if (isWindowed) reader.report('window', `${aggregate.function} needs a window, as in "sliding 1h".`);
    return null;
  }
  if (aggregate === null || isWindowed) return readWindowField(reader);
  const reason =
    aggregate.function === 'ratio' ? 'it has those of its two features' : "it looks at the entity's whole life";
  reader.report('window', `${aggregate.function} has no window: ${reason}.`);
  return null;
}
