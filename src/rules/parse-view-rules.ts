import { isScalar } from 'yaml';
import type { ViewRule, ViewSpec } from '../domain/views.ts';
import type { FieldReader } from './field-reader.ts';
import { RowLanguage } from './row-language.ts';
import { RULE_STATES } from './ruleset.ts';
import { didYouMean } from './suggestion.ts';
import { outputSchema, type ViewSources } from './view-schema.ts';

const PREFIX = 'view.';

/** Whether a rule is one for the rows of a view: `on: view.<name>`. */
export function isViewRule(reader: FieldReader): boolean {
  const node = reader.node('on');
  return isScalar(node) && typeof node.value === 'string' && node.value.startsWith(PREFIX);
}

/** The fields of a rule that are read in one way whatever it is on. */
export type CommonRuleFields = Pick<ViewRule, 'id' | 'score' | 'reason' | 'description' | 'respond'>;

/** Reads a rule on a view; its other fields are read by the caller. */
export function readViewRule(
  reader: FieldReader,
  sources: ViewSources,
  common: (reader: FieldReader) => CommonRuleFields,
): ViewRule {
  const view = reader.text('on').slice(PREFIX.length);
  const state = reader.choice('state', RULE_STATES, 'active');
  const when = reader.has('when') ? reader.text('when') : null;
  reader.choice('outcome', ['alert']);
  if (reader.has('on_error')) reader.report('on_error', 'on_error has no effect for a view: leave it out.');
  const { views } = sources;
  const spec = views.get(view);
  if (spec === undefined) {
    const names = [...views.keys()];
    reader.report('on', `There is no view ${view}.${didYouMean(view, names)}`);
  } else {
    if (readsAlerts(spec, views)) reader.report('on', `${view} is made from alerts: a rule on it could raise itself.`);
    checkWhen(reader, when, new RowLanguage('row', outputSchema(spec, sources) ?? {}, []));
  }
  const fields = common(reader);
  reader.finish();
  return { ...fields, view, when, state };
}

function checkWhen(reader: FieldReader, when: string | null, language: RowLanguage): void {
  if (when === null || when === '') return;
  const problem = language.problemOf(when);
  if (problem === null) return;
  const offset = reader.source.offsetInScalar(reader.node('when'), problem.offset);
  reader.source.report(offset, reader.pathOf('when'), problem.message);
}

function readsAlerts(spec: ViewSpec, views: ReadonlyMap<string, ViewSpec>): boolean {
  if ('stream' in spec.from) return spec.from.stream === 'alert';
  const source = views.get(spec.from.view);
  return source !== undefined && readsAlerts(source, views);
}
