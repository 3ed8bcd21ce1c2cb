import { isScalar } from 'yaml';
import type { ViewAggregate } from '../domain/views.ts';
import { cutHint, FieldReader, quoted } from './field-reader.ts';
import { didYouMean } from './suggestion.ts';

const FIELD_FUNCTIONS = [
  'sum',
  'mean',
  'min',
  'max',
  'stddev',
  'variance',
  'distinct',
  'first',
  'last',
  'rate_of_change',
] as const;
const FUNCTIONS = ['count', 'rate', 'quantile', 'ratio', ...FIELD_FUNCTIONS] as const;
const FORM = /^([a-z_]+)(?: *\( *(.*?) *\))?$/;
const FIELD = /^event\.([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?)$/;
const NAMES = /^([A-Za-z][A-Za-z0-9_]*) *, *([A-Za-z][A-Za-z0-9_]*)$/;

/**
 * Reads an aggregate of a view: `count`, `mean(event.amount)`, or a mapping of `aggregate` and `where`. Null, and a
 * problem, where it is none.
 */
export function readViewAggregate(aggregates: FieldReader, name: string, offset: number): ViewAggregate | null {
  const node = aggregates.node(name);
  if (isScalar(node)) {
    const report = (message: string): void => aggregates.report(name, message);
    return aggregateOf(aggregates.text(name), name, null, report);
  }
  const reader = FieldReader.of(aggregates.source, node, aggregates.pathOf(name), offset);
  if (reader === null) return null;
  const where = reader.has('where') ? reader.text('where') : null;
  const text = reader.text('aggregate');
  reader.finish();
  return aggregateOf(text, name, where, (message) => reader.report('aggregate', message));
}

function aggregateOf(
  text: string,
  name: string,
  where: string | null,
  report: (message: string) => void,
): ViewAggregate | null {
  if (text === '') return null;
  const [, word = '', operand] = FORM.exec(text.trim()) ?? [];
  const kind = FUNCTIONS.find((candidate) => candidate === word);
  if (kind === undefined) {
    const hint = cutHint(text) || didYouMean(word === '' ? text : word, FUNCTIONS);
    report(`An aggregate is one of ${FUNCTIONS.join(', ')}, not ${quoted(text)}.${hint}`);
    return null;
  }
  if (kind === 'count') {
    if (operand === undefined) return { name, where, function: kind };
    report('count reads no field: write count alone.');
    return null;
  }
  if (kind === 'rate' && operand === undefined) return { name, where, function: kind, field: null };
  if (kind === 'ratio') return ratioOf(operand ?? '', name, where, report);
  if (kind === 'quantile') return quantileOf(operand ?? '', name, where, report);
  const field = FIELD.exec(operand ?? '')?.[1];
  if (field !== undefined) return { name, where, function: kind, field };
  report(`${kind} reads one field of the event, as in ${kind}(event.amount).`);
  return null;
}

function ratioOf(
  operand: string,
  name: string,
  where: string | null,
  report: (message: string) => void,
): ViewAggregate | null {
  const [, numerator, denominator] = NAMES.exec(operand) ?? [];
  if (where !== null) report('A ratio has no filter of its own: filter the aggregates that it is made of.');
  if (numerator !== undefined && denominator !== undefined) {
    return { name, where: null, function: 'ratio', numerator, denominator };
  }
  report('ratio is made of two other aggregates of the view, as in ratio(failed, total).');
  return null;
}

function quantileOf(
  operand: string,
  name: string,
  where: string | null,
  report: (message: string) => void,
): ViewAggregate | null {
  const [, value = '', portion = ''] = /^(\S+) *, *(0?\.[0-9]{1,6})$/.exec(operand) ?? [];
  const field = FIELD.exec(value)?.[1];
  const share = Number(portion);
  if (field !== undefined && share > 0 && share < 1) return { name, where, function: 'quantile', field, share };
  report('quantile reads a field and a share between 0 and 1, as in quantile(event.amount, 0.95).');
  return null;
}
