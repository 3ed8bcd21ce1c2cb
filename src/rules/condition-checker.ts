import {
  type ASTNode,
  TypeError as CelTypeError,
  Environment,
  EvaluationError,
  ParseError,
} from '@marcbachmann/cel-js';
import type { TableSpec } from '../domain/tables.ts';
import { didYouMean } from './suggestion.ts';
import { pathsOf, walk } from './syntax-tree.ts';
import { TABLE_NAME, type TableHolder } from './table-reads.ts';
import { defineTableRow, defineTablesView, tableRowFields } from './table-views.ts';

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

/** What a language finds wrong with a tree beside what holds for all of them. */
export type OwnProblem = (tree: ASTNode) => { readonly offset: number; readonly message: string } | null;

/** Bounds of one expression. */
const LIMITS = { maxAstNodes: 2000, maxDepth: 50, maxListElements: 1000, maxMapEntries: 100, maxCallArguments: 8 };

/** Lets whole-number literals stand beside features and amounts, which are doubles: `card.count_1h == 3`. */
function registerMixedNumbers(environment: Environment): void {
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

/**
 * What every language of conditions has in common, be it over rules' contexts or over rows: CEL without regular
 * expressions, a bool, over names that are declared with their members and types. A language declares its names in its
 * constructor and compiles with it.
 */
export class ConditionChecker {
  readonly #environment = new Environment({ limits: LIMITS });
  /** By path of what has them, as in `lists.block`. */
  readonly #members = new Map<string, readonly string[]>();
  readonly #types = new Set<string>();

  constructor() {
    registerMixedNumbers(this.#environment);
  }

  /** Declares a type, and where to find it: a name, or a member of a type that is declared, as in `lists.block`. */
  declare(
    path: string,
    type: string,
    View: new (...parts: never[]) => object,
    fields: Readonly<Record<string, string>>,
  ): void {
    if (!this.#types.has(type)) this.#environment.registerType(type, { ctor: View, fields: { ...fields } });
    this.#types.add(type);
    if (!path.includes('.')) this.#environment.registerVariable(path, type);
    this.#members.set(path, Object.keys(fields));
  }

  /** Declares tables; answers what to put into a scope under `table`. */
  declareTables(tables: readonly TableSpec[]): (holder: TableHolder) => ConditionScope {
    if (tables.length === 0) return () => ({});
    const rows = tables.map((spec) => {
      const Row = defineTableRow(spec);
      this.#environment.registerType(`Row_${spec.name}`, { ctor: Row, fields: { ...tableRowFields(spec) } });
      return Row;
    });
    const Tables = defineTablesView(tables, rows);
    const fields = Object.fromEntries(tables.map(({ name }) => [name, `map<string, Row_${name}>`]));
    this.declare(TABLE_NAME, 'Tables', Tables, fields);
    return (holder) => ({ [TABLE_NAME]: new Tables(holder) });
  }

  /** Parses and checks an expression; the first problem where there is one. Never throws. */
  compile(expression: string, ownProblem: OwnProblem): Condition | ConditionProblem {
    try {
      const program = this.#environment.parse(expression);
      const tree = program.ast;
      const forbidden = this.#forbidden(tree) ?? this.#unknownMember(tree) ?? ownProblem(tree);
      if (forbidden !== null) return { ok: false, ...forbidden };
      const check = program.check();
      if (!check.valid) return this.#problemOf(expression, check.error);
      if (check.type === 'bool') return { ok: true, tree, evaluate: program };
      const hint = check.type === 'dyn' ? ' Compare it: `... == true`.' : '';
      return { ok: false, offset: 0, message: `The condition must be true or false, not a ${check.type}.${hint}` };
    } catch (error) {
      return this.#problemOf(expression, error);
    }
  }

  /** What the type checker lets pass but a ruleset must not hold. */
  #forbidden(tree: ASTNode): ReturnType<OwnProblem> {
    let problem: ReturnType<OwnProblem> = null;
    walk(tree, (node) => {
      if (problem !== null) return;
      if ((node.op === 'call' || node.op === 'rcall') && node.args[0] === 'matches') {
        const message = 'Regular expressions are not supported: use startsWith, endsWith, contains or `in`.';
        problem = { offset: node.start, message };
      } else if ((node.op === '[]' || node.op === '[?]') && node.args[0].op === 'id') {
        const name = node.args[0].args;
        if (this.#members.has(name)) {
          problem = { offset: node.start, message: `Fields of ${name} are read with a dot: ${name}.field.` };
        }
      }
    });
    return problem;
  }

  #unknownMember(tree: ASTNode): ReturnType<OwnProblem> {
    for (const { path, node } of pathsOf(tree)) {
      for (let length = 1; length < path.length; length++) {
        const owner = path.slice(0, length).join('.');
        const member = path[length] ?? '';
        const members = this.#members.get(owner);
        if (members === undefined || members.includes(member)) continue;
        return { offset: node.start, message: `There is no ${owner}.${member}.${didYouMean(member, members)}` };
      }
    }
    return null;
  }

  #problemOf(expression: string, error: unknown): ConditionProblem {
    if (!(error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError)) {
      return { ok: false, offset: 0, message: `The condition is not valid: ${String(error)}.` };
    }
    const offset = Math.min(error.range?.start ?? 0, Math.max(0, expression.length - 1));
    const unknown = /^Unknown variable: (.*)$/.exec(error.summary)?.[1];
    if (unknown === undefined) return { ok: false, offset, message: `The condition is not valid: ${error.summary}.` };
    const names = [...this.#members.keys()].filter((path) => !path.includes('.'));
    const hint = didYouMean(unknown, names);
    const known = hint === '' ? ` Conditions read ${names.join(', ')}.` : hint;
    return { ok: false, offset, message: `There is no ${unknown} to read here.${known}` };
  }
}

/** One line that says why an evaluation failed; the same for the same event, so that decisions stay repeatable. */
export function failureMessage(error: unknown): string {
  const text = error instanceof EvaluationError ? error.summary : String(error);
  return text.slice(0, 200);
}
