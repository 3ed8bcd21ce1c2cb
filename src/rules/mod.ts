export { assess, matchLists } from './assess.ts';
export { CompiledRules, compileRules } from './compiled-rules.ts';
export { type ExaminedRule, examineRules } from './examine.ts';
export { ListHits } from './list-hits.ts';
export { canonicalListValue, ListIndex } from './list-index.ts';
export { type ParsedRuleset, parseRuleset } from './parse-ruleset.ts';
export { fallbackDecision, responseCodeOf, unknownCurrencyFailure } from './policy.ts';
export { absentValue } from './row-fields.ts';
export { NO_TABLES, type RowCondition, RowLanguage, type RowTables } from './row-language.ts';
export { EntityContext, RuleContext } from './rule-context.ts';
export type { CurrencyTable, FallbackEntry, Policy, ResponseCodes, Rule, RuleState, Ruleset } from './ruleset.ts';
export { ALERT_ENTITIES, PRODUCER_COLUMN } from './stream-columns.ts';
export { SuppressionIndex } from './suppression-index.ts';
export {
  inputSchema,
  outputSchema,
  tablesOfView,
  untaggedSchema,
  type ViewSources,
  viewsByName,
} from './view-schema.ts';
export { compileWhere, type WhereFilter } from './where-filter.ts';
