import { ACTOR_KINDS, type ActorKind, ENTITY_KINDS, PAIR_KEYS, SINGLE_KEYS } from '../domain/entities.ts';
import { EVENT_SOURCES, type EventSource } from '../domain/events.ts';
import { type AggregateSpec, FEATURE_OUTCOMES, type FeatureSpec } from '../domain/features.ts';
import { FEATURES_MAX } from '../domain/limits.ts';
import { ENTITY_FIELDS, KEY_FIELDS } from './condition-views.ts';
import { FieldReader, quoted } from './field-reader.ts';
import { readAggregate, readWindow } from './parse-aggregate.ts';
import { didYouMean } from './suggestion.ts';
import { filterLanguage } from './where-filter.ts';

/** What an event of a source without a card can be kept by. */
const KINDS_OF_SIDE_EVENTS = ['account', 'device', 'ip', 'account_device', 'account_ip', 'device_ip'] as const;

/** What an event of a source can be kept by. */
export const KINDS_OF_SOURCE: Readonly<Record<EventSource, readonly ActorKind[]>> = {
  transaction: ACTOR_KINDS,
  login: KINDS_OF_SIDE_EVENTS,
  signal: KINDS_OF_SIDE_EVENTS,
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

const FEATURE_NAME = /^([a-z]+(?:_[a-z]+)?)\.([a-z][a-z0-9_]{0,63})$/;

/** A pair is written with a plus in `by`, and with an underscore where it is part of a name. */
const KEY_NAMES = [...SINGLE_KEYS, ...PAIR_KEYS.map((pair) => pair.replace('_', '+'))];

/** What a feature is kept by and how it is called, by its key; a problem is reported. */
function readName(key: string, report: (message: string) => void): { kind: ActorKind | undefined; name: string } {
  const [, prefix = '', name = ''] = FEATURE_NAME.exec(key) ?? [];
  const kind = ACTOR_KINDS.find((candidate) => candidate === prefix);
  if (kind === undefined) {
    const [left = '', right = ''] = prefix.split('_');
    const turned = PAIR_KEYS.find((pair) => pair === `${right}_${left}`);
    const hint = turned === undefined ? didYouMean(key.split('.')[0] ?? '', ACTOR_KINDS) : ` Write ${turned}.`;
    const kinds = SINGLE_KEYS.join(', ');
    report(
      `A feature is named <kind>.<name>: one of ${kinds}, or two of them as in card_merchant, a dot, ` +
        `and lower case letters, digits and _.${hint}`,
    );
  } else if (Object.hasOwn(ENTITY_KINDS.some((entity) => entity === kind) ? ENTITY_FIELDS : KEY_FIELDS, name)) {
    report(`Every ${kind} has ${name} already: choose another name.`);
  }
  return { kind, name };
}

/** What the field `by` says, which has to be what the name says. */
function readBy(reader: FieldReader, key: string, kind: ActorKind | undefined): ActorKind {
  if (!reader.has('by')) return kind ?? 'card';
  const text = reader.text('by');
  const by = ACTOR_KINDS.find((candidate) => candidate === text.replace('+', '_'));
  if (by === undefined || text.includes('_')) {
    const keys = SINGLE_KEYS.join(', ');
    const hint = didYouMean(text.replace('_', '+'), KEY_NAMES);
    reader.report('by', `by must be one of ${keys}, or two of them as in card+merchant, not ${quoted(text)}.${hint}`);
    return kind ?? 'card';
  }
  if (kind !== undefined && by !== kind) {
    reader.report('by', `by must be ${kind.replace('_', '+')}, as the feature is named ${key}.`);
  }
  return by;
}

function readFeature(features: FieldReader, key: string, keyOffset: number): FeatureSpec | null {
  const report = (message: string) => features.source.report(keyOffset, features.pathOf(key), message);
  const reader = FieldReader.of(features.source, features.node(key), features.pathOf(key), keyOffset);
  const { kind, name } = readName(key, report);
  if (reader === null) return null;
  const on = reader.choice('on', EVENT_SOURCES, 'transaction');
  const by = readBy(reader, key, kind);
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
  readonly #selections = new Map<ActorKind, Set<string>>();

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
function checkRatio(features: FieldReader, { by, name, aggregate }: FeatureSpec, specs: readonly FeatureSpec[]): void {
  if (aggregate.function !== 'ratio') return;
  const others = specs.filter((spec) => spec.by === by && spec.aggregate.function !== 'ratio');
  for (const part of new Set([aggregate.numerator, aggregate.denominator])) {
    if (others.some((spec) => spec.name === part)) continue;
    const known = others.map((spec) => `${by}.${spec.name}`);
    const isRatio = specs.some((spec) => spec.by === by && spec.name === part);
    const missing = `There is no feature ${by}.${part}.${didYouMean(`${by}.${part}`, known)}`;
    const reason = isRatio ? `${by}.${part} is a ratio itself.` : missing;
    features.child(`${by}.${name}`)?.report('aggregate', reason);
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
  for (const spec of specs) checkRatio(features, spec, specs);
  return specs.sort(
    (left, right) => ACTOR_KINDS.indexOf(left.by) - ACTOR_KINDS.indexOf(right.by) || (left.name < right.name ? -1 : 1),
  );
}
