import { ACTOR_KINDS, type ActorKind, ENTITY_KINDS } from '../domain/entities.ts';
import type { FeatureSpec } from '../domain/features.ts';
import type { TableSpec } from '../domain/tables.ts';
import { type Condition, ConditionChecker, type ConditionProblem, type ConditionScope } from './condition-checker.ts';
import { contextResolver } from './condition-paths.ts';
import {
  defineEntityView,
  defineEventView,
  defineListsView,
  defineListView,
  ENTITY_FIELDS,
  EVENT_FIELDS,
  type EventHolder,
  KEY_FIELDS,
  LIST_FIELDS,
  LISTS_FIELDS,
} from './condition-views.ts';
import type { NodeResolver } from './prefilter.ts';
import type { RuleContext } from './rule-context.ts';
import { tableProblem, tableResolver } from './table-reads.ts';

/** The language of conditions for one set of features: declares every name with its type. */
export class ConditionLanguage {
  readonly #checker = new ConditionChecker();
  readonly #tables: readonly TableSpec[];
  readonly #resolve: NodeResolver<RuleContext>;
  readonly #scopeOf: (context: RuleContext) => ConditionScope;
  readonly #eventScopeOf: (holder: EventHolder) => ConditionScope;

  /** With null for features, only `event` is declared: the language of feature filters. */
  constructor(features: readonly FeatureSpec[] | null, tables: readonly TableSpec[] = []) {
    const EventFields = defineEventView();
    this.#checker.declare('event', 'Event', EventFields, EVENT_FIELDS);
    this.#eventScopeOf = (holder) => ({ event: new EventFields(holder) });
    const entityScopeOf = features === null ? this.#eventScopeOf : this.#declareEntities(features);
    const tableScopeOf = this.#checker.declareTables(tables);
    this.#scopeOf = (context) => ({ ...entityScopeOf(context), ...tableScopeOf(context) });
    this.#tables = tables;
    this.#resolve = tableResolver(tables, contextResolver(features ?? []));
  }

  scopeOf(context: RuleContext): ConditionScope {
    return this.#scopeOf(context);
  }

  eventScopeOf(holder: EventHolder): ConditionScope {
    return this.#eventScopeOf(holder);
  }

  /** Parses and checks an expression; the first problem where there is one. Never throws. */
  compile(expression: string): Condition | ConditionProblem {
    return this.#checker.compile(expression, (tree) =>
      this.#tables.length === 0 ? null : tableProblem(tree, this.#tables, this.#resolve),
    );
  }

  #declareEntities(features: readonly FeatureSpec[]): (context: RuleContext) => ConditionScope {
    const views = new Map<ActorKind, ReturnType<typeof defineEntityView>>();
    for (const kind of ACTOR_KINDS) {
      const isEntity = ENTITY_KINDS.some((entity) => entity === kind);
      if (!isEntity && !features.some(({ by }) => by === kind)) continue;
      const View = defineEntityView(kind, features);
      const own = features.filter(({ by }) => by === kind).map(({ name }) => [name, 'double' as const]);
      this.#checker.declare(kind, `Entity_${kind}`, View, {
        ...(isEntity ? ENTITY_FIELDS : KEY_FIELDS),
        ...Object.fromEntries(own),
      });
      views.set(kind, View);
    }
    const ListFields = defineListView();
    const ListsView = defineListsView(ListFields);
    for (const name of Object.keys(LISTS_FIELDS)) {
      this.#checker.declare(`lists.${name}`, 'ListFlags', ListFields, LIST_FIELDS);
    }
    this.#checker.declare('lists', 'Lists', ListsView, LISTS_FIELDS);
    return (context) => ({
      ...this.#eventScopeOf(context),
      ...Object.fromEntries([...views].map(([kind, View]) => [kind, new View(context.entity(kind))])),
      lists: new ListsView(context.listHits),
    });
  }
}
