import type { Position } from '../../domain/entities.ts';
import type { RowSchema, ViewRule } from '../../domain/views.ts';
import { NO_TABLES, type RowCondition, RowLanguage } from '../../rules/mod.ts';

/** A rule on a view, ready to look at rows. */
export type AlertRule = { readonly rule: ViewRule; readonly matches: RowCondition | null };

/** The rules on one view, as the ruleset in force has them. */
export type AlertRules = {
  readonly rules: readonly AlertRule[];
  readonly rulesetVersion: string;
  /** Where the ruleset was published: what lies before it raises no alert by it. */
  readonly afterPosition: Position;
};

/** Compiles the rules on a view that are not off. */
export function compileAlertRules(
  rules: readonly ViewRule[],
  view: string,
  schema: RowSchema,
  rulesetVersion: string,
  afterPosition: Position,
): AlertRules {
  const language = new RowLanguage('row', schema, []);
  const compiled = rules
    .filter((rule) => rule.view === view && rule.state !== 'off')
    .map((rule) => ({ rule, matches: rule.when === null ? null : language.compile(rule.when, NO_TABLES, () => {}) }));
  return { rules: compiled, rulesetVersion, afterPosition };
}
