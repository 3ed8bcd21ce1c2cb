import type { ActorKind } from '../domain/entities.ts';
import type { EventView } from '../domain/event-view.ts';
import type { FeatureSpec } from '../domain/features.ts';
import { LIST_KINDS, LIST_NAMES, type ListName } from '../domain/lists.ts';
import { EVENT_NUMBERS, EVENT_TEXTS } from './event-fields.ts';
import { type ListHits, listKindBit } from './list-hits.ts';
import type { EntityContext } from './rule-context.ts';

/**
 * What a condition sees of a context: objects of classes that the CEL library knows by their constructor, whose fields
 * read the context when they are asked. Nothing is copied for an event, and a field that no rule reads costs nothing.
 */
export type ConditionType = 'double' | 'string' | 'bool' | 'map<string, dyn>';
export type ViewFields = Readonly<Record<string, ConditionType>>;

/** What every entity has beside its features. */
export const ENTITY_FIELDS: ViewFields = {
  status: 'string',
  known: 'bool',
  home_country: 'string',
  fraud_labels: 'double',
  attributes: 'map<string, dyn>',
};

/** What a key that is no entity has beside its features. */
export const KEY_FIELDS: ViewFields = { known: 'bool' };

/** What `event` has. */
export const EVENT_FIELDS: ViewFields = {
  ...Object.fromEntries(Object.keys(EVENT_NUMBERS).map((name) => [name, 'double' as const])),
  ...Object.fromEntries(Object.keys(EVENT_TEXTS).map((name) => [name, 'string' as const])),
};

/** What `lists.block`, `lists.allow` and `lists.watch` have: one flag a kind of value, and `any`. */
export const LIST_FIELDS: ViewFields = Object.fromEntries(
  [...LIST_KINDS, 'any'].map((name) => [name, 'bool' as const]),
);

export interface EventHolder {
  readonly event: EventView;
}

/** A class whose objects read the fields of the event that a holder holds. */
export function defineEventView() {
  class EventFields {
    readonly holder: EventHolder;

    constructor(holder: EventHolder) {
      this.holder = holder;
    }
  }
  for (const [name, read] of Object.entries({ ...EVENT_NUMBERS, ...EVENT_TEXTS })) {
    Object.defineProperty(EventFields.prototype, name, {
      get(this: EventFields) {
        return read(this.holder.event);
      },
    });
  }
  return EventFields;
}

/** A class whose objects read the built-in fields and the features of one entity of a kind. */
export function defineEntityView(kind: ActorKind, features: readonly FeatureSpec[]) {
  class EntityFields {
    readonly entity: EntityContext;

    constructor(entity: EntityContext) {
      this.entity = entity;
    }

    get status(): string {
      return this.entity.status;
    }

    get known(): boolean {
      return this.entity.known;
    }

    get home_country(): string {
      return this.entity.homeCountry;
    }

    get fraud_labels(): number {
      return this.entity.fraudLabels;
    }

    get attributes(): EntityContext['attributes'] {
      return this.entity.attributes;
    }
  }
  for (const [index, feature] of features.filter(({ by }) => by === kind).entries()) {
    Object.defineProperty(EntityFields.prototype, feature.name, {
      get(this: EntityFields) {
        return this.entity.features[index];
      },
    });
  }
  return EntityFields;
}

/** A class whose objects read the flags of one list. */
export function defineListView() {
  class ListFields {
    readonly hits: ListHits;
    readonly list: ListName;

    constructor(hits: ListHits, list: ListName) {
      this.hits = hits;
      this.list = list;
    }

    get any(): boolean {
      return this.hits[this.list] !== 0;
    }
  }
  for (const kind of LIST_KINDS) {
    const bit = listKindBit(kind);
    Object.defineProperty(ListFields.prototype, kind, {
      get(this: ListFields) {
        return (this.hits[this.list] & bit) !== 0;
      },
    });
  }
  return ListFields;
}

/** A class whose objects hold the three lists. */
export function defineListsView(ListFields: ReturnType<typeof defineListView>) {
  return class Lists {
    readonly block: InstanceType<typeof ListFields>;
    readonly allow: InstanceType<typeof ListFields>;
    readonly watch: InstanceType<typeof ListFields>;

    constructor(hits: ListHits) {
      this.block = new ListFields(hits, 'block');
      this.allow = new ListFields(hits, 'allow');
      this.watch = new ListFields(hits, 'watch');
    }
  };
}

/** The fields of `lists`. */
export const LISTS_FIELDS: Readonly<Record<string, string>> = Object.fromEntries(
  LIST_NAMES.map((name) => [name, 'ListFlags']),
);
