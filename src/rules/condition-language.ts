import {
  type ASTNode,
  TypeError as CelTypeError,
  Environment,
  EvaluationError,
  ParseError,
} from '@marcbachmann/cel-js';
import { ACTOR_KINDS, type ActorKind, ENTITY_KINDS } from '../domain/entities.ts';
import type { FeatureSpec } from '../domain/features.ts';
import type { TableSpec } from '../domain/tables.ts';
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
  type ViewFields,
} from './condition-views.ts';
import type { NodeResolver } from './prefilter.ts';
import type { RuleContext } from './rule-context.ts';
import { didYouMean } from './suggestion.ts';
import { pathsOf, walk } from './syntax-tree.ts';
import { TABLE_NAME, tableProblem, tableResolver } from './table-reads.ts';
import { defineRowView, defineTablesView, tableRowFields } from './table-views.ts';

/** The names that an evaluation resolves against. */
export type ConditionScope = Readonly<Record<string, object>>;

/** A condition that parsed and was found to be a bool over declared names. */
export type Condition = {
  readonly ok: true;
  readonly tree: ASTNode;
  /** May throw, and may answer anything at run time: the caller checks. */
  evaluate(scope: ConditionScope): unknown;
};

/** Where in an expression, and why, it is refused. */
export type ConditionProblem = { readonly ok: false; readonly offset: number; readonly message: string };

/** Bounds of one expression. */
export const LIMITS = {
  maxAstNodes: 2000,
  maxDepth: 50,
  maxListElements: 1000,
  maxMapEntries: 100,
  maxCallArguments: 8,
};

/** Lets whole-number literals stand beside features and amounts, which are doubles: `card.count_1h == 3`. */
export function registerMixedNumbers(environment: Environment): void {
  environment.registerOperator('int == double: bool', (left, right) => Number(left) === Number(right));
  environment.registerOperator('double % double: double', (left, right) => Number(left) % Number(right));
  for (const [left, right] of [
    ['int', 'double'],
    ['double', 'int'],
  ]) {
    environment.registerOperator(`${left} + ${right}: double`, (a, b) => Number(a) + Number(b));
    environment.registerOperator(`${left} - ${right}: double`, (a, b) => Number(a) - Number(b));
    environment.registerOperator(`${left} * ${right}: double`, (a, b) => Number(a) * Number(b));
    environment.registerOperator(`${left} / ${right}: double`, (a, b) => Number(a) / Number(b));
    environment.registerOperator(`${left} % ${right}: double`, (a, b) => Number(a) % Number(b));
    environment.registerOperator(`${left} in list<${right}>: bool`, (value, list: Iterable<unknown>) => {
      for (const element of list) if (Number(element) === Number(value)) return true;
      return false;
    });
  }
}

/** The language of conditions for one set of features: declares every name with its type. */
export class ConditionLanguage {
  readonly #environment: Environment;
  readonly #members = new Map<string, readonly string[]>();
  readonly #tables: readonly TableSpec[];
  readonly #resolve: NodeResolver<RuleContext>;
  readonly #scopeOf: (context: RuleContext) => ConditionScope;
  readonly #eventScopeOf: (holder: EventHolder) => ConditionScope;

  /** With null for features, only `event` is declared: the language of feature filters. */
  constructor(features: readonly FeatureSpec[] | null, tables: readonly TableSpec[] = []) {
    this.#environment = new Environment({ limits: LIMITS });
    registerMixedNumbers(this.#environment);
    const EventFields = defineEventView();
    this.#declare('event', 'Event', EventFields, EVENT_FIELDS);
    this.#eventScopeOf = (holder) => ({ event: new EventFields(holder) });
    const entityScopeOf = features === null ? this.#eventScopeOf : this.#declareEntities(features);
    this.#scopeOf = tables.length === 0 ? entityScopeOf : this.#declareTables(tables, entityScopeOf);
    this.#tables = tables;
    this.#resolve = tableResolver(tables, contextResolver(features ?? []));
  }

  /** Names that may follow a name and a dot; undefined for a name that is not declared. */
  membersOf(name: string): readonly string[] | undefined {
    return this.#members.get(name);
  }

  scopeOf(context: RuleContext): ConditionScope {
    return this.#scopeOf(context);
  }

  eventScopeOf(holder: EventHolder): ConditionScope {
    return this.#eventScopeOf(holder);
  }

  /** Parses and checks an expression; the first problem where there is one. Never throws. */
  compile(expression: string): Condition | ConditionProblem {
    try {
      const program = this.#environment.parse(expression);
      const forbidden = this.#forbidden(program.ast);
      if (forbidden !== null) return forbidden;
      const check = program.check();
      if (!check.valid) return this.#problemOf(expression, check.error);
      if (check.type !== 'bool') {
        const hint = check.type === 'dyn' ? ' Compare it: `... == true`.' : '';
        return { ok: false, offset: 0, message: `The condition must be true or false, not a ${check.type}.${hint}` };
      }
      return { ok: true, tree: program.ast, evaluate: program };
    } catch (error) {
      return this.#problemOf(expression, error);
    }
  }

  #declareEntities(features: readonly FeatureSpec[]): (context: RuleContext) => ConditionScope {
    const views = new Map<ActorKind, ReturnType<typeof defineEntityView>>();
    for (const kind of ACTOR_KINDS) {
      const isEntity = ENTITY_KINDS.some((entity) => entity === kind);
      if (!isEntity && !features.some(({ by }) => by === kind)) continue;
      const View = defineEntityView(kind, features);
      const own = features.filter(({ by }) => by === kind).map(({ name }) => [name, 'double' as const]);
      this.#declare(kind, `Entity_${kind}`, View, {
        ...(isEntity ? ENTITY_FIELDS : KEY_FIELDS),
        ...Object.fromEntries(own),
      });
      views.set(kind, View);
    }
    const ListFields = defineListView();
    this.#environment.registerType('ListFlags', { ctor: ListFields, fields: { ...LIST_FIELDS } });
    const ListsView = defineListsView(ListFields);
    this.#declare('lists', 'Lists', ListsView, LISTS_FIELDS);
    for (const name of Object.keys(LISTS_FIELDS)) this.#members.set(name, Object.keys(LIST_FIELDS));
    return (context) => ({
      ...this.#eventScopeOf(context),
      ...Object.fromEntries([...views].map(([kind, View]) => [kind, new View(context.entity(kind))])),
      lists: new ListsView(context.listHits),
    });
  }

  #declareTables(
    tables: readonly TableSpec[],
    scopeOf: (context: RuleContext) => ConditionScope,
  ): (context: RuleContext) => ConditionScope {
    const rows = tables.map((spec) => {
      const Row = defineRowView(spec);
      this.#environment.registerType(`Row_${spec.name}`, { ctor: Row, fields: { ...tableRowFields(spec) } });
      return Row;
    });
    const fields = Object.fromEntries(tables.map(({ name }) => [name, `map<string, Row_${name}>`]));
    const Tables = defineTablesView(tables, rows);
    this.#declare(TABLE_NAME, 'Tables', Tables, fields);
    return (context) => ({ ...scopeOf(context), [TABLE_NAME]: new Tables(context) });
  }

  #declare(
    name: string,
    type: string,
    View: new (...parts: never[]) => object,
    fields: ViewFields | typeof LISTS_FIELDS,
  ): void {
    this.#environment.registerType(type, { ctor: View, fields: { ...fields } });
    this.#environment.registerVariable(name, type);
    this.#members.set(name, Object.keys(fields));
  }

  /** What the type checker lets pass but a ruleset must not hold. */
  #forbidden(tree: ASTNode): ConditionProblem | null {
    let problem: ConditionProblem | null = null;
    walk(tree, (node) => {
      if (problem !== null) return;
      if ((node.op === 'call' || node.op === 'rcall') && node.args[0] === 'matches') {
        const message = 'Regular expressions are not supported: use startsWith, endsWith, contains or `in`.';
        problem = { ok: false, offset: node.start, message };
      } else if ((node.op === '[]' || node.op === '[?]') && node.args[0].op === 'id') {
        const name = node.args[0].args;
        if (this.#members.has(name)) {
          problem = { ok: false, offset: node.start, message: `Fields of ${name} are read with a dot: ${name}.field.` };
        }
      }
    });
    return problem ?? this.#unknownMember(tree) ?? this.#tableProblem(tree);
  }

  #tableProblem(tree: ASTNode): ConditionProblem | null {
    const problem = this.#tables.length === 0 ? null : tableProblem(tree, this.#tables, this.#resolve);
    return problem === null ? null : { ok: false, ...problem };
  }

  #unknownMember(tree: ASTNode): ConditionProblem | null {
    for (const { path, node } of pathsOf(tree)) {
      const [owner = '', member = ''] = path;
      const isList = owner === 'lists' && path.length > 2;
      for (const [name, next] of isList
        ? [
            [owner, member],
            [member, path[2] ?? ''],
          ]
        : [[owner, member]]) {
        const members = this.#members.get(name ?? '');
        if (members === undefined || members.includes(next ?? '')) continue;
        const message = `There is no ${name}.${next}.${didYouMean(next ?? '', members)}`;
        return { ok: false, offset: node.start, message };
      }
    }
    return null;
  }

  #problemOf(expression: string, error: unknown): ConditionProblem {
    if (error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError) {
      const offset = Math.min(error.range?.start ?? 0, Math.max(0, expression.length - 1));
      const unknown = /^Unknown variable: (.*)$/.exec(error.summary)?.[1];
      if (unknown === undefined) return { ok: false, offset, message: `The condition is not valid: ${error.summary}.` };
      const hint = didYouMean(unknown, this.#members.keys());
      return { ok: false, offset, message: `There is no ${unknown} to read here.${hint}` };
    }
    return { ok: false, offset: 0, message: `The condition is not valid: ${String(error)}.` };
  }
}

/** One line that says why an evaluation failed; the same for the same event, so that decisions stay repeatable. */
export function failureMessage(error: unknown): string {
  const text = error instanceof EvaluationError ? error.summary : String(error);
  return text.slice(0, 200);
}
