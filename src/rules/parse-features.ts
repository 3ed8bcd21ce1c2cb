import { ENTITY_KINDS, type EntityKind } from '../domain/entities.ts';
import { EVENT_SOURCES, type EventSource } from '../domain/events.ts';
import { type AggregateSpec, FEATURE_OUTCOMES, type FeatureSpec } from '../domain/features.ts';
import { FEATURES_MAX } from '../domain/limits.ts';
import { ENTITY_FIELDS } from './condition-views.ts';
import { FieldReader } from './field-reader.ts';
import { readAggregate, readWindow } from './parse-aggregate.ts';
import { didYouMean } from './suggestion.ts';
import { filterLanguage } from './where-filter.ts';

/** Kinds of entity that an event of a source can name. */
export const KINDS_OF_SOURCE: Readonly<Record<EventSource, readonly EntityKind[]>> = {
  transaction: ENTITY_KINDS,
  login: ['account', 'device', 'ip'],
  signal: ['account', 'device', 'ip'],
};

/** Ways to select events (source, outcome and filter) that the windows of one kind of entity tell apart. */
const SELECTIONS_MAX = 30;

/** Aggregates about the current event, for which the windows also select every attempt. */
const ABOUT_CURRENT: ReadonlySet<AggregateSpec['function']> = new Set([
  'first_time',
  'zscore',
  'iqr_position',
  'distance_km',
  'speed_kmh',
  'home_distance_km',
]);

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
  const aggregate = readAggregate(reader, on, by);
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

/** A ratio is of two declared features of its kind, none of which is a ratio. */
function checkRatio(
  features: FieldReader,
  { by, name, aggregate }: FeatureSpec,
  specs: readonly FeatureSpec[],
  offset: number,
): void {
  if (aggregate.function !== 'ratio') return;
  const others = specs.filter((spec) => spec.by === by && spec.aggregate.function !== 'ratio');
  for (const part of new Set([aggregate.numerator, aggregate.denominator])) {
    if (others.some((spec) => spec.name === part)) continue;
    const hint = didYouMean(
      part,
      others.map((spec) => spec.name),
    );
    const isRatio = specs.some((spec) => spec.by === by && spec.name === part);
    const reason = isRatio ? `${by}.${part} is a ratio itself` : `There is no feature ${by}.${part}`;
    features.source.report(offset, `${features.pathOf(`${by}.${name}`)}.aggregate`, `${reason}.${hint}`);
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
  const offsets = new Map<FeatureSpec, number>();
  const specs = entries.flatMap(({ key, offset }) => {
    const spec = readFeature(features, key, offset);
    if (spec === null) return [];
    offsets.set(spec, offset);
    if (counter.add(spec) === SELECTIONS_MAX + 1) {
      const reason = `The features of ${spec.by} select events in more than ${SELECTIONS_MAX} ways`;
      source.report(offset, features.pathOf(key), `${reason}: let some share their source, outcome and filter.`);
    }
    return [spec];
  });
  for (const [spec, offset] of offsets) checkRatio(features, spec, specs, offset);
  return specs.sort(
    (left, right) =>
      ENTITY_KINDS.indexOf(left.by) - ENTITY_KINDS.indexOf(right.by) || (left.name < right.name ? -1 : 1),
  );
}
