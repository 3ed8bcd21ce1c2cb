import type { EvidenceValue } from '../domain/decision.ts';
import { ACTOR_KINDS, type ActorKind, ENTITY_KINDS, type EntityKind } from '../domain/entities.ts';
import type { EventView } from '../domain/event-view.ts';
import type { FeatureSpec } from '../domain/features.ts';
import { LIST_KINDS, LIST_NAMES } from '../domain/lists.ts';
import { EVENT_NUMBERS, EVENT_TEXTS } from './event-fields.ts';
import { listKindBit } from './list-hits.ts';
import type { EntityContext, RuleContext } from './rule-context.ts';

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/**
 * How to read a name straight from what holds its value, by the type that the name has. `compare` makes a comparison
 * with a number that reads the value in place: a number that a function answers is put on the heap first.
 */
export type Reader<Holder> =
  | {
      readonly type: 'number';
      readonly read: (holder: Holder) => number;
      readonly compare?: (comparison: Comparison, limit: number) => (holder: Holder) => boolean;
    }
  | { readonly type: 'text'; readonly read: (holder: Holder) => string }
  | { readonly type: 'flag'; readonly read: (holder: Holder) => boolean };

export type Resolver<Holder> = (path: readonly string[]) => Reader<Holder> | null;

/** Resolves `event.<field>` for feature filters. */
export const resolveEventPath: Resolver<EventView> = (path) => {
  const [owner, field = ''] = path;
  if (owner !== 'event' || path.length !== 2) return null;
  const number = Object.hasOwn(EVENT_NUMBERS, field) ? EVENT_NUMBERS[field] : undefined;
  if (number !== undefined) return { type: 'number', read: number };
  const text = Object.hasOwn(EVENT_TEXTS, field) ? EVENT_TEXTS[field] : undefined;
  return text === undefined ? null : { type: 'text', read: text };
};

const ENTITY_OF: Readonly<Record<EntityKind, (context: RuleContext) => EntityContext>> = {
  card: (context) => context.card,
  account: (context) => context.account,
  device: (context) => context.device,
  merchant: (context) => context.merchant,
  ip: (context) => context.ip,
};

/** How to find the entity of a kind in a context. */
function entityOf(kind: ActorKind): (context: RuleContext) => EntityContext {
  const entity = ENTITY_KINDS.find((candidate) => candidate === kind);
  return entity === undefined ? (context) => context.entities[kind] : ENTITY_OF[entity];
}

function entityReader(kind: ActorKind, field: string, features: readonly FeatureSpec[]): Reader<RuleContext> | null {
  const entity = entityOf(kind);
  switch (field) {
    case 'status':
      return { type: 'text', read: (context) => entity(context).status };
    case 'home_country':
      return { type: 'text', read: (context) => entity(context).homeCountry };
    case 'known':
      return { type: 'flag', read: (context) => entity(context).known };
    case 'fraud_labels':
      return { type: 'number', read: (context) => entity(context).fraudLabels };
    default: {
      const index = features.findIndex((feature) => feature.by === kind && feature.name === field);
      if (index === -1) return null;
      const read = (context: RuleContext): number => context.features[index] ?? Number.NaN;
      return { type: 'number', read, compare: (comparison, limit) => compareFeature(index, comparison, limit) };
    }
  }
}

function compareFeature(index: number, comparison: Comparison, limit: number): (context: RuleContext) => boolean {
  switch (comparison) {
    case '==':
      return ({ features }) => features[index] === limit;
    case '!=':
      return ({ features }) => features[index] !== limit;
    case '<':
      return ({ features }) => (features[index] ?? Number.NaN) < limit;
    case '<=':
      return ({ features }) => (features[index] ?? Number.NaN) <= limit;
    case '>':
      return ({ features }) => (features[index] ?? Number.NaN) > limit;
    case '>=':
      return ({ features }) => (features[index] ?? Number.NaN) >= limit;
  }
}

function listReader(list: string, kind: string): Reader<RuleContext> | null {
  const name = LIST_NAMES.find((candidate) => candidate === list);
  if (name === undefined) return null;
  if (kind === 'any') return { type: 'flag', read: (context) => context.listHits[name] !== 0 };
  const listKind = LIST_KINDS.find((candidate) => candidate === kind);
  if (listKind === undefined) return null;
  const bit = listKindBit(listKind);
  return { type: 'flag', read: (context) => (context.listHits[name] & bit) !== 0 };
}

/** Resolves every name of a rule's condition that holds one value; null for `attributes` and what is inside. */
export function contextResolver(features: readonly FeatureSpec[]): Resolver<RuleContext> {
  return (path) => {
    const [owner = '', field = '', last = ''] = path;
    if (owner === 'event') {
      const reader = resolveEventPath(path);
      if (reader === null) return null;
      if (reader.type === 'number') return { type: 'number', read: (context) => reader.read(context.event) };
      if (reader.type === 'text') return { type: 'text', read: (context) => reader.read(context.event) };
      return null;
    }
    if (owner === 'lists') return path.length === 3 ? listReader(field, last) : null;
    const kind = ACTOR_KINDS.find((candidate) => candidate === owner);
    return kind === undefined || path.length !== 2 ? null : entityReader(kind, field, features);
  };
}

/** Reads the value of a name as evidence; undefined where it has none (an absent number, a missing attribute). */
export type EvidenceReader = {
  readonly name: string;
  readonly read: (context: RuleContext) => EvidenceValue | undefined;
};

/** Readers for the names that a condition reads. */
export function evidenceReaders(
  paths: readonly (readonly string[])[],
  resolve: Resolver<RuleContext>,
): readonly EvidenceReader[] {
  return paths.flatMap((path): EvidenceReader[] => {
    const name = path.join('.');
    const reader = resolve(path);
    if (reader !== null) {
      const read = (context: RuleContext) => {
        const value = reader.read(context);
        return typeof value === 'number' && !Number.isFinite(value) ? undefined : value;
      };
      return [{ name, read }];
    }
    const [owner, field, key] = path;
    const kind = ACTOR_KINDS.find((candidate) => candidate === owner);
    if (kind === undefined || field !== 'attributes' || key === undefined) return [];
    const entity = entityOf(kind);
    const read = (context: RuleContext) => {
      const { attributes } = entity(context);
      return Object.hasOwn(attributes, key) ? attributes[key] : undefined;
    };
    return [{ name, read }];
  });
}
