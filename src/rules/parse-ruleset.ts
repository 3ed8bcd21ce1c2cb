import { ACTOR_KINDS, type ActorKind } from '../domain/entities.ts';
import type { RulesetProblem } from '../ports/engine.ts';
import { ConditionLanguage } from './condition-language.ts';
import { FieldReader } from './field-reader.ts';
import { readEventTimes } from './parse-event-time.ts';
import { readFeatures } from './parse-features.ts';
import { readLists } from './parse-lists.ts';
import { readCurrency, readPolicy } from './parse-policy.ts';
import { readRules } from './parse-rules.ts';
import { readTables } from './parse-tables.ts';
import { readViews } from './parse-views.ts';
import type { Ruleset } from './ruleset.ts';
import { RulesetSource } from './ruleset-source.ts';
import { versionOf } from './ruleset-version.ts';
import { viewsByName } from './view-schema.ts';

export type ParsedRuleset =
  | { readonly ok: true; readonly ruleset: Ruleset }
  | { readonly ok: false; readonly problems: readonly RulesetProblem[] };

function inOrder(problems: readonly RulesetProblem[]): readonly RulesetProblem[] {
  return [...problems].sort((left, right) => left.line - right.line || left.column - right.column);
}

/**
 * Reads a ruleset: all of its problems, in the order of the text, or the ruleset. Never throws. Every condition and
 * filter is parsed and type checked here, so that a ruleset that was accepted fails only on values.
 */
export function parseRuleset(text: string): ParsedRuleset {
  const source = new RulesetSource(text);
  if (!source.isReadable) return { ok: false, problems: inOrder(source.problems) };
  const root = FieldReader.of(source, source.document.contents, '', 0);
  if (root === null) return { ok: false, problems: source.problems };
  const name = root.textLike('name', /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$/, 'up to 100 letters, digits, spaces, . _ -');
  const currency = readCurrency(root);
  const features = readFeatures(root);
  const tables = readTables(root);
  const times = readEventTimes(root);
  const views = readViews(root, times, tables);
  const read = new Set<ActorKind>(['card', 'account', ...features.map(({ by }) => by)]);
  const sources = { views: viewsByName(views), tables };
  const { rules, viewRules } = readRules(root, new ConditionLanguage(features, tables), read, sources);
  const lists = readLists(root);
  const policy = readPolicy(root);
  root.finish();
  if (source.problems.length > 0) return { ok: false, problems: inOrder(source.problems) };
  const { features: featureTimes, revisions } = times;
  const meaning = { name, currency, features, featureTimes, revisions, tables, views, rules, viewRules, lists, policy };
  const kinds = ACTOR_KINDS.filter((kind) => read.has(kind));
  return { ok: true, ruleset: { version: versionOf(meaning), text, kinds, ...meaning } };
}
