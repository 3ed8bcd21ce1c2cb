import { isScalar } from 'yaml';
import { OUTCOMES } from '../domain/decision.ts';
import { ACTOR_KINDS, type ActorKind } from '../domain/entities.ts';
import { EVENT_SOURCES, type EventSource } from '../domain/events.ts';
import { RULES_MAX } from '../domain/limits.ts';
import type { ViewRule } from '../domain/views.ts';
import type { ConditionLanguage } from './condition-language.ts';
import { FieldReader } from './field-reader.ts';
import { KINDS_OF_SOURCE } from './parse-features.ts';
import { type CommonRuleFields, isViewRule, readViewRule } from './parse-view-rules.ts';
import { RULE_STATES, type Rule } from './ruleset.ts';
import { pathsOf } from './syntax-tree.ts';
import type { ViewSources } from './view-schema.ts';

const RULE_ID = /^[a-z0-9][a-z0-9-]{0,63}$/;
const REASON_CODE = /^[A-Z][A-Z0-9_]{0,63}$/;
const RESPONSE_NAME = /^[a-z][a-z0-9-]{0,63}$/;
const RULE_OUTCOMES = [...OUTCOMES, 'alert'] as const;

function readWhen(reader: FieldReader, on: EventSource, language: ConditionLanguage, kinds: Set<ActorKind>): string {
  const when = reader.text('when');
  if (when === '') return when;
  const report = (valueOffset: number, message: string) => {
    const offset = reader.source.offsetInScalar(reader.node('when'), valueOffset);
    reader.source.report(offset, reader.pathOf('when'), message);
  };
  const condition = language.compile(when);
  if (!condition.ok) {
    report(condition.offset, condition.message);
    return when;
  }
  for (const { path, node } of pathsOf(condition.tree)) {
    const kind = ACTOR_KINDS.find((candidate) => candidate === path[0]);
    if (kind === undefined) continue;
    if (KINDS_OF_SOURCE[on].includes(kind)) kinds.add(kind);
    else report(node.start, `A ${on} names no ${kind}: ${path.join('.')} would always read as nothing.`);
  }
  return when;
}

function readRespond(reader: FieldReader): string[] {
  return reader.list('respond').flatMap((node, index) => {
    const name = isScalar(node) ? node.value : null;
    if (typeof name === 'string' && RESPONSE_NAME.test(name)) return [name];
    const message = 'A response is a name in lower case letters, digits and hyphens, as in freeze-card.';
    reader.source.report(reader.source.offsetOf(node), `${reader.pathOf('respond')}[${index}]`, message);
    return [];
  });
}

function readRule(reader: FieldReader, language: ConditionLanguage, kinds: Set<ActorKind>): Rule {
  const on = reader.choice('on', EVENT_SOURCES, 'transaction');
  const state = reader.choice('state', RULE_STATES, 'active');
  const when = readWhen(reader, on, language, state === 'off' ? new Set() : kinds);
  const outcome = reader.choice('outcome', RULE_OUTCOMES);
  if (on === 'transaction' && outcome === 'alert') {
    reader.report(
      'outcome',
      `A rule for transactions answers ${OUTCOMES.join(', ')}; alert is for logins and signals.`,
    );
  } else if (on !== 'transaction' && outcome !== 'alert') {
    reader.report('outcome', `A rule for a ${on} has outcome alert, as a ${on} is not answered.`);
  }
  if (on !== 'transaction' && reader.has('on_error')) {
    reader.report('on_error', `on_error has no effect for a ${on}: leave it out.`);
  }
  const onError = reader.choice('on_error', OUTCOMES, 'review');
  const fields = readCommonFields(reader);
  reader.finish();
  return { ...fields, on, when, outcome, state, onError };
}

/** Reads the rules in their order, and adds the kinds that those that are not off read. */
export function readRules(
  root: FieldReader,
  language: ConditionLanguage,
  kinds: Set<ActorKind>,
  sources: ViewSources,
): { rules: Rule[]; viewRules: ViewRule[] } {
  const { source } = root;
  const nodes = root.list('rules');
  if (nodes.length === 0) root.report('rules', 'A ruleset needs at least one rule.');
  if (nodes.length > RULES_MAX) {
    root.report('rules', `There are ${nodes.length} rules; the limit is ${RULES_MAX}.`);
    return { rules: [], viewRules: [] };
  }
  const seen = new Set<string>();
  const rules: Rule[] = [];
  const viewRules: ViewRule[] = [];
  for (const [index, node] of nodes.entries()) {
    const reader = FieldReader.of(source, node, `rules[${index}]`, source.offsetOf(root.node('rules')));
    if (reader === null) continue;
    let id = '';
    if (isViewRule(reader)) {
      const rule = readViewRule(reader, sources, readCommonFields);
      viewRules.push(rule);
      id = rule.id;
    } else {
      const rule = readRule(reader, language, kinds);
      rules.push(rule);
      id = rule.id;
    }
    if (id !== '' && seen.has(id)) reader.report('id', `There is another rule with the id ${id}.`);
    seen.add(id);
  }
  return { rules, viewRules };
}

function readCommonFields(reader: FieldReader): CommonRuleFields {
  const id = reader.textLike('id', RULE_ID, 'lower case letters, digits and hyphens');
  const score = reader.number('score', { min: 0, max: 100 }, 0);
  const reason = reader.textLike('reason', REASON_CODE, 'a code of capital letters, digits and _');
  const description = reader.text('description', '');
  return { id, score, reason, description, respond: readRespond(reader) };
}
