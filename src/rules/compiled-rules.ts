import { PalisadeError } from '../domain/errors.ts';
import type { EventSource } from '../domain/events.ts';
import type { TableRows } from '../domain/tables.ts';
import { type ConditionScope, failureMessage } from './condition-checker.ts';
import { ConditionLanguage } from './condition-language.ts';
import { contextResolver, type EvidenceReader, evidenceReaders } from './condition-paths.ts';
import { ListIndex } from './list-index.ts';
import { byPath, prefilterOf } from './prefilter.ts';
import { RuleContext } from './rule-context.ts';
import type { Rule, Ruleset } from './ruleset.ts';
import type { SuppressionIndex } from './suppression-index.ts';
import { pathsOf } from './syntax-tree.ts';
import { tableEvidence, tableResolver, tablesReadBy } from './table-reads.ts';

/** What a condition came to: a failure carries its message. */
export type Verdict = 'hit' | 'miss' | { readonly failure: string };

/** A rule ready to be evaluated. */
export class CompiledRule {
  readonly rule: Rule;
  readonly evidence: readonly EvidenceReader[];
  /** False where the condition cannot be true; null where that cannot be told without evaluating it. */
  readonly mayHit: ((context: RuleContext) => boolean) | null;
  /** Places of the tables that the condition reads. */
  readonly tablesRead: readonly number[];
  readonly #evaluate: (scope: ConditionScope) => unknown;

  constructor(
    rule: Rule,
    evidence: readonly EvidenceReader[],
    mayHit: ((context: RuleContext) => boolean) | null,
    evaluate: (scope: ConditionScope) => unknown,
    tablesRead: readonly number[],
  ) {
    this.rule = rule;
    this.evidence = evidence;
    this.mayHit = mayHit;
    this.#evaluate = evaluate;
    this.tablesRead = tablesRead;
  }

  /** Evaluates the condition. Never throws. */
  judge(scope: ConditionScope): Verdict {
    try {
      const answer = this.#evaluate(scope);
      if (answer === true) return 'hit';
      if (answer === false) return 'miss';
      return { failure: `the condition is not true or false but a ${typeof answer}` };
    } catch (error) {
      return { failure: failureMessage(error) };
    }
  }
}

/** A ruleset ready to assess events. Holds no state of any event. */
export class CompiledRules {
  readonly ruleset: Ruleset;
  /** Active and shadow rules by source, in the order of the ruleset. */
  readonly bySource: Readonly<Record<EventSource, readonly CompiledRule[]>>;
  /** The list entries of the ruleset itself. */
  readonly lists: ListIndex;
  /** Places, in the ruleset's order, of the tables that the rules for transactions read. */
  readonly tablesRead: readonly number[];
  readonly #language: ConditionLanguage;
  readonly #scopes = new WeakMap<RuleContext, ConditionScope>();

  constructor(ruleset: Ruleset, language: ConditionLanguage, rules: readonly CompiledRule[]) {
    this.ruleset = ruleset;
    this.#language = language;
    this.bySource = {
      transaction: rules.filter(({ rule }) => rule.on === 'transaction'),
      login: rules.filter(({ rule }) => rule.on === 'login'),
      signal: rules.filter(({ rule }) => rule.on === 'signal'),
    };
    const tablesRead = new Set(this.bySource.transaction.flatMap((rule) => rule.tablesRead));
    this.tablesRead = [...tablesRead].sort((left, right) => left - right);
    this.lists = new ListIndex();
    for (const entry of ruleset.lists) this.lists.set(entry);
  }

  /** Makes a context for this ruleset, to be overwritten for each event. `tables` are the ruleset's, in its order. */
  createContext(suppressions: SuppressionIndex, tables: readonly TableRows[] = []): RuleContext {
    const context = new RuleContext(this.ruleset.features, suppressions, tables);
    this.#scopes.set(context, this.#language.scopeOf(context));
    return context;
  }

  /** What conditions see of a context. Throws ENGINE_INTERNAL where the context was made by another ruleset. */
  scopeOf(context: RuleContext): ConditionScope {
    const scope = this.#scopes.get(context);
    if (scope !== undefined) return scope;
    throw new PalisadeError(
      'ENGINE_INTERNAL',
      `Cannot assess an event as its context belongs to another ruleset than ${this.ruleset.version}. ` +
        'Make the context with createContext of the same compiled ruleset.',
    );
  }
}

/** Compiles a ruleset that `parseRuleset` accepted. Throws RULESET_INVALID where a condition is not valid after all. */
export function compileRules(ruleset: Ruleset): CompiledRules {
  const { features, tables } = ruleset;
  const language = new ConditionLanguage(features, tables);
  const resolvePath = contextResolver(features);
  const resolve = tables.length === 0 ? byPath(resolvePath) : tableResolver(tables, resolvePath);
  const rules = ruleset.rules
    .filter((rule) => rule.state !== 'off')
    .map((rule) => {
      const condition = language.compile(rule.when);
      if (!condition.ok) {
        throw new PalisadeError(
          'RULESET_INVALID',
          `Cannot compile rule ${rule.id} as its condition is not valid: ${condition.message} Check the ruleset first.`,
        );
      }
      const paths = pathsOf(condition.tree).map(({ path }) => path);
      const mayHit = prefilterOf(condition.tree, resolve)?.test ?? null;
      const evidence = [...evidenceReaders(paths, resolvePath), ...tableEvidence(condition.tree, resolve)];
      return new CompiledRule(rule, evidence, mayHit, condition.evaluate, tablesReadBy(condition.tree, tables));
    });
  return new CompiledRules(ruleset, language, rules);
}
