import { ENTITY_KINDS, type EntityKind } from '../domain/entities.ts';
import { DISTINCT_FIELDS, NUMERIC_FIELDS } from '../domain/event-view.ts';
import { EVENT_SOURCES, type EventSource } from '../domain/events.ts';
import { type AggregateSpec, FEATURE_OUTCOMES, type FeatureSpec, type WindowSpec } from '../domain/features.ts';
import { FEATURES_MAX, WINDOW_SIZE_MS_MAX } from '../domain/limits.ts';
import { ENTITY_FIELDS } from './condition-views.ts';
import { parseDuration } from './duration.ts';
import { FieldReader, quoted } from './field-reader.ts';
import { didYouMean } from './suggestion.ts';
import { filterLanguage } from './where-filter.ts';

/** Kinds of entity that an event of a source can name. */
export const KINDS_OF_SOURCE: Readonly<Record<EventSource, readonly EntityKind[]>> = {
  transaction: ENTITY_KINDS,
  login: ['account', 'device', 'ip'],
  signal: ['account', 'device', 'ip'],
};

const AGGREGATES = [
  'count',
  'sum',
  'mean',
  'max',
  'stddev',
  'distinct',
  'distance_km',
  'speed_kmh',
  'home_distance_km',
  'first_time',
  'age_s',
  'idle_s',
] as const;

const WINDOWED: ReadonlySet<AggregateSpec['function']> = new Set(['count', 'sum', 'mean', 'max', 'stddev', 'distinct']);

/** Ways to select events (source, outcome and filter) that the windows of one kind of entity tell apart. */
const SELECTIONS_MAX = 30;

/** Aggregates about the current event, for which the windows also select every attempt. */
const ABOUT_CURRENT: ReadonlySet<AggregateSpec['function']> = new Set([
  'first_time',
  'distance_km',
  'speed_kmh',
  'home_distance_km',
]);

const AGGREGATE_FORM = /^([a-z_]+)(?:\( *event\.([A-Za-z]+) *\))?$/;

type FieldNames = readonly [string, ...string[]];

/** The field of an aggregate; null, and a problem, where it is missing, not known or out of place. */
function fieldOf<T extends FieldNames>(
  reader: FieldReader,
  name: string,
  field: string | undefined,
  options: T,
): T[number] | null {
  const chosen = options.find((option) => option === field);
  if (chosen !== undefined) return chosen;
  const hint = field === undefined ? '' : didYouMean(field, options);
  const fields = options.map((option) => `event.${option}`).join(', ');
  reader.report('aggregate', `${name} reads one of ${fields}, as in ${name}(event.${options[0]}).${hint}`);
  return null;
}

function readAggregate(reader: FieldReader): AggregateSpec | null {
  const text = reader.text('aggregate');
  if (text === '') return null;
  const [, name = '', field] = AGGREGATE_FORM.exec(text) ?? [];
  switch (name) {
    case 'sum':
    case 'mean':
    case 'max':
    case 'stddev': {
      const number = fieldOf(reader, name, field, NUMERIC_FIELDS);
      return number === null ? null : { function: name, field: number };
    }
    case 'distinct': {
      const value = fieldOf(reader, name, field, DISTINCT_FIELDS);
      return value === null ? null : { function: name, field: value };
    }
    case 'first_time': {
      const value = fieldOf(reader, name, field, DISTINCT_FIELDS);
      return value === null ? null : { function: name, field: value };
    }
    case 'count':
    case 'distance_km':
    case 'speed_kmh':
    case 'home_distance_km':
    case 'age_s':
    case 'idle_s':
      if (field === undefined) return { function: name };
      reader.report('aggregate', `${name} reads no field: write ${name} alone.`);
      return null;
    default: {
      const hint = didYouMean(name === '' ? text : name, AGGREGATES);
      reader.report('aggregate', `aggregate must be one of ${AGGREGATES.join(', ')}, not ${quoted(text)}.${hint}`);
      return null;
    }
  }
}

function readWindow(reader: FieldReader, aggregate: AggregateSpec | null): WindowSpec | null {
  const isWindowed = aggregate !== null && WINDOWED.has(aggregate.function);
  if (!reader.has('window')) {
    if (isWindowed) reader.report('window', `${aggregate.function} needs a window, as in "sliding 1h".`);
    return null;
  }
  if (aggregate !== null && !isWindowed) {
    reader.report('window', `${aggregate.function} has no window: it looks at the entity's whole life.`);
    return null;
  }
  const text = reader.text('window');
  const [, kind = '', size = ''] = /^([a-z]+) +([0-9a-z]+)$/.exec(text) ?? [];
  if (kind !== 'sliding') {
    reader.report('window', `window must be "sliding" and a duration, as in "sliding 1h", not ${quoted(text)}.`);
    return null;
  }
  const sizeMs = parseDuration(size);
  if (sizeMs === null || sizeMs > WINDOW_SIZE_MS_MAX) {
    const days = WINDOW_SIZE_MS_MAX / 86_400_000;
    reader.report('window', `A window is a duration from 1s to ${days}d (30s, 5m, 1h, 7d), not ${quoted(size)}.`);
    return null;
  }
  return { kind: 'sliding', sizeMs };
}

function readWhere(reader: FieldReader): string | null {
  if (!reader.has('where')) return null;
  const where = reader.text('where');
  if (where === '') return null;
  const condition = filterLanguage().compile(where);
  if (!condition.ok) {
    const offset = reader.source.offsetInScalar(reader.node('where'), condition.offset);
    reader.source.report(offset, reader.pathOf('where'), condition.message);
  }
  return where;
}

function readFeature(features: FieldReader, key: string, keyOffset: number): FeatureSpec | null {
  const report = (message: string) => features.source.report(keyOffset, features.pathOf(key), message);
  const reader = FieldReader.of(features.source, features.node(key), features.pathOf(key), keyOffset);
  const [, prefix = '', name = ''] = /^([a-z]+)\.([a-z][a-z0-9_]{0,63})$/.exec(key) ?? [];
  const kind = ENTITY_KINDS.find((candidate) => candidate === prefix);
  if (kind === undefined) {
    const hint = didYouMean(key.split('.')[0] ?? '', ENTITY_KINDS);
    const kinds = ENTITY_KINDS.join(', ');
    report(`A feature is named <kind>.<name>: one of ${kinds}, a dot, and lower case letters, digits and _.${hint}`);
  } else if (Object.hasOwn(ENTITY_FIELDS, name)) {
    report(`Every ${kind} has ${name} already: choose another name.`);
  }
  if (reader === null) return null;
  const on = reader.choice('on', EVENT_SOURCES, 'transaction');
  const by = reader.choice('by', ENTITY_KINDS, kind ?? 'card');
  if (kind !== undefined && by !== kind) reader.report('by', `by must be ${kind}, as the feature is named ${key}.`);
  if (!KINDS_OF_SOURCE[on].includes(by)) {
    reader.report('on', `A ${on} names no ${by}: only ${KINDS_OF_SOURCE[on].join(', ')}.`);
  }
  const outcome = reader.choice('outcome', FEATURE_OUTCOMES, 'all');
  if (outcome !== 'all' && on !== 'transaction') {
    reader.report('outcome', `A ${on} is not answered, so that it has no outcome: leave it out.`);
  }
  const where = readWhere(reader);
  const aggregate = readAggregate(reader);
  const window = readWindow(reader, aggregate);
  reader.finish();
  // A broken feature stays declared, so that the rules that read it are not reported as well.
  return { by, name, on, outcome, where, window, aggregate: aggregate ?? { function: 'count' } };
}

/** Counts how differently the features of each kind select events. */
class SelectionCounter {
  readonly #selections = new Map<EntityKind, Set<string>>();

  /** Number of ways for the kind of a feature once it is added. */
  add({ by, on, outcome, where, aggregate }: FeatureSpec): number {
    const own = this.#selections.get(by) ?? new Set();
    this.#selections.set(by, own);
    own.add(JSON.stringify([on, outcome, where]));
    if (ABOUT_CURRENT.has(aggregate.function)) own.add(JSON.stringify([on, 'all', where]));
    return own.size;
  }
}

/** Reads the features, ordered by kind and name. */
export function readFeatures(root: FieldReader): FeatureSpec[] {
  const { source } = root;
  const features = root.child('features');
  if (features === null) return [];
  const entries = features.entries();
  if (entries.length > FEATURES_MAX) {
    source.report(features.offset, 'features', `There are ${entries.length} features; the limit is ${FEATURES_MAX}.`);
    return [];
  }
  const counter = new SelectionCounter();
  const specs = entries.flatMap(({ key, offset }) => {
    const spec = readFeature(features, key, offset);
    if (spec === null) return [];
    if (counter.add(spec) === SELECTIONS_MAX + 1) {
      const reason = `The features of ${spec.by} select events in more than ${SELECTIONS_MAX} ways`;
      source.report(offset, features.pathOf(key), `${reason}: let some share their source, outcome and filter.`);
    }
    return [spec];
  });
  return specs.sort(
    (left, right) =>
      ENTITY_KINDS.indexOf(left.by) - ENTITY_KINDS.indexOf(right.by) || (left.name < right.name ? -1 : 1),
  );
}
