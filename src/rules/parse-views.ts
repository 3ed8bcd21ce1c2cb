import type { WindowSpec } from '../domain/features.ts';
import { HOPS_MAX, VIEW_AGGREGATES_MAX, VIEWS_MAX } from '../domain/limits.ts';
import type { TableSpec } from '../domain/tables.ts';
import {
  EMISSIONS,
  EVENT_STREAMS,
  type EventTimeSpec,
  RETRACTABLE,
  type ViewAggregate,
  type ViewSpec,
  type ViewTag,
} from '../domain/views.ts';
import { FieldReader, quoted } from './field-reader.ts';
import { type EventTimes, readEventTime } from './parse-event-time.ts';
import { readSpan } from './parse-span.ts';
import { readViewAggregate } from './parse-view-aggregate.ts';
import { readWindowField } from './parse-window.ts';
import { RowLanguage } from './row-language.ts';
import { didYouMean } from './suggestion.ts';
import { inputSchema, tablesOfView, untaggedSchema, type ViewSources } from './view-schema.ts';

const VIEW_NAME = /^[a-z][a-z0-9_]{0,63}$/;
const COLUMN_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const DAY_MS = 86_400_000;

/** Reads the views, those that others read before them. */
export function readViews(root: FieldReader, times: EventTimes, tables: readonly TableSpec[]): ViewSpec[] {
  const views = root.child('views');
  if (views === null) return [];
  const entries = views.entries();
  if (entries.length > VIEWS_MAX) {
    views.source.report(views.offset, 'views', `There are ${entries.length} views; the limit is ${VIEWS_MAX}.`);
    return [];
  }
  const names = entries.map(({ key }) => key);
  const drafts = new Map<string, Draft>();
  for (const { key, offset } of entries) {
    if (!VIEW_NAME.test(key)) {
      const message = `A view is named by lower case letters, digits and _, not ${quoted(key)}.`;
      views.source.report(offset, views.pathOf(key), message);
    }
    const reader = FieldReader.of(views.source, views.node(key), views.pathOf(key), offset);
    if (reader !== null) drafts.set(key, draftOf(reader, key, names, tables));
  }
  const known = new Map<string, ViewSpec>();
  for (const draft of inOrder(drafts)) {
    known.set(draft.name, readView(draft, { views: known, tables }, times));
    draft.reader.finish();
  }
  return [...known.values()];
}

/** A view whose source is known to be there, or `isLost`: what it may read is not known then. */
type Draft = {
  readonly name: string;
  readonly reader: FieldReader;
  readonly from: ViewSpec['from'];
  readonly isLost: boolean;
};

/** In place of a window that could not be read, so that what reads the rows is not reported for it as well. */
const SOME_WINDOW: WindowSpec = { kind: 'tumbling', sizeMs: 60_000 };

function draftOf(reader: FieldReader, name: string, names: readonly string[], tables: readonly TableSpec[]): Draft {
  const text = reader.text('from');
  const stream = EVENT_STREAMS.find((candidate) => candidate === text);
  if (stream !== undefined) return { name, reader, from: { stream }, isLost: false };
  const view = /^view\.(.+)$/.exec(text)?.[1];
  if (view !== undefined && names.includes(view)) return { name, reader, from: { view }, isLost: false };
  const table = tables.find((candidate) => text === `table.${candidate.name}`)?.name;
  if (table !== undefined) return { name, reader, from: { stream: 'table_row', table }, isLost: false };
  if (text !== '') {
    const ofTables = tables.map((candidate) => `table.${candidate.name}`);
    const options = [...EVENT_STREAMS, ...names.map((other) => `view.${other}`), ...ofTables];
    const message = `from must be one of ${options.join(', ')}, not ${quoted(text)}.`;
    reader.report('from', `${message}${didYouMean(text, options)}`);
  }
  return { name, reader, from: { stream: 'transaction' }, isLost: true };
}

/** Sources before the views that read them; views that read themselves, through others or not, are reported instead. */
function inOrder(drafts: ReadonlyMap<string, Draft>): readonly Draft[] {
  const order: Draft[] = [];
  const circular = new Set<string>();
  const place = (draft: Draft, above: readonly string[]): void => {
    if (order.includes(draft) || circular.has(draft.name)) return;
    if (above.includes(draft.name)) {
      for (const name of above.slice(above.indexOf(draft.name))) circular.add(name);
      draft.reader.report('from', `A view cannot read itself: ${[...above, draft.name].join(' reads ')}.`);
      return;
    }
    const source = 'view' in draft.from ? drafts.get(draft.from.view) : undefined;
    if (source !== undefined) place(source, [...above, draft.name]);
    if (!circular.has(draft.name)) order.push(draft);
  };
  for (const draft of drafts.values()) place(draft, []);
  return order;
}

function readView({ reader, name, from, isLost }: Draft, sources: ViewSources, times: EventTimes): ViewSpec {
  const description = reader.text('description', '');
  const source = 'view' in from ? sources.views.get(from.view) : undefined;
  const time: EventTimeSpec =
    'stream' in from
      ? readEventTime(reader, times.of(from.stream))
      : readEventTime(reader, source?.time ?? times.of('transaction'), ['lateness', 'late']);
  const isMirror = !reader.has('aggregates') && !reader.has('window');
  if (isMirror && 'stream' in from) reader.report('aggregates', 'A view of a stream needs aggregates and a window.');
  const window = isMirror ? null : (readWindowField(reader) ?? SOME_WINDOW);
  // The rows of a view that only filters and tags are those of its source, group and all.
  const groupBy = isMirror && !reader.has('group_by') ? (source?.groupBy ?? []) : readGroupBy(reader);
  const where = reader.has('where') ? reader.text('where') : null;
  const aggregates = isMirror ? [] : readAggregates(reader);
  const emit = reader.choice('emit', EMISSIONS, 'changes');
  const retainMs = readSpan(reader, 'retain', { min: 0, fallback: 30 * DAY_MS });
  const having = reader.has('having') ? reader.text('having') : null;
  const tags = readTags(reader);
  const spec: ViewSpec = {
    name,
    description,
    from,
    groupBy,
    window,
    where,
    aggregates,
    having,
    tags,
    emit,
    time,
    retainMs,
  };
  if (!isLost) checkView(reader, spec, sources, source);
  return spec;
}

function readGroupBy(reader: FieldReader): string[] {
  const node = reader.node('group_by');
  if (node === undefined) return [];
  const texts = reader.texts('group_by');
  const seen = new Set<string>();
  for (const text of texts) {
    if (seen.has(text.toLowerCase())) reader.report('group_by', `group_by names ${text} twice.`);
    seen.add(text.toLowerCase());
  }
  return texts;
}

function readAggregates(reader: FieldReader): ViewAggregate[] {
  const aggregates = reader.child('aggregates');
  const entries = aggregates?.entries() ?? [];
  if (aggregates === null || entries.length === 0) {
    reader.report('aggregates', 'A view needs at least one aggregate, as in `events: count`.');
    return [];
  }
  if (entries.length > VIEW_AGGREGATES_MAX) {
    reader.report('aggregates', `There are ${entries.length} aggregates; the limit is ${VIEW_AGGREGATES_MAX}.`);
    return [];
  }
  return entries.map(({ key, offset }) => {
    if (!COLUMN_NAME.test(key)) {
      const message = `A column is named by letters, digits and _, not ${quoted(key)}.`;
      aggregates.source.report(offset, aggregates.pathOf(key), message);
    }
    const aggregate = readViewAggregate(aggregates, key, offset);
    return aggregate ?? { name: key, where: null, function: 'count' };
  });
}

function readTags(reader: FieldReader): ViewTag[] {
  const tags = reader.child('tags');
  if (tags === null) return [];
  return tags.entries().map(({ key, offset }) => {
    if (!COLUMN_NAME.test(key)) {
      const message = `A tag is named by letters, digits and _, not ${quoted(key)}.`;
      tags.source.report(offset, tags.pathOf(key), message);
    }
    return { name: key, when: tags.text(key) };
  });
}

function checkView(reader: FieldReader, spec: ViewSpec, sources: ViewSources, source: ViewSpec | undefined): void {
  const input = inputSchema(spec, sources);
  const untagged = untaggedSchema(spec, sources);
  if (input === null || untagged === null) return;
  const events = new RowLanguage('event', input, sources.tables);
  const rows = new RowLanguage('row', untagged, sources.tables);
  checkCondition(reader, 'where', spec.where, events);
  checkCondition(reader, 'having', spec.having, rows);
  const tags = reader.child('tags');
  for (const { name, when } of spec.tags) if (tags !== null) checkCondition(tags, name, when, rows);
  for (const column of spec.groupBy) {
    if (Object.hasOwn(input, column)) continue;
    reader.report('group_by', `There is no ${column} to group by.${didYouMean(column, Object.keys(input))}`);
  }
  const aggregates = reader.child('aggregates');
  for (const aggregate of spec.aggregates) {
    if (aggregates !== null) checkAggregate(aggregates, aggregate, spec, input, events);
  }
  checkNames(reader, spec, untagged);
  checkWindow(reader, spec, source, sources);
}

function checkCondition(reader: FieldReader, key: string, text: string | null, language: RowLanguage): void {
  if (text === null || text === '') return;
  const problem = language.problemOf(text);
  if (problem === null) return;
  const offset = reader.source.offsetInScalar(reader.node(key), problem.offset);
  reader.source.report(offset, reader.pathOf(key), problem.message);
}

function checkAggregate(
  reader: FieldReader,
  aggregate: ViewAggregate,
  spec: ViewSpec,
  input: Readonly<Record<string, string>>,
  events: RowLanguage,
): void {
  const { name } = aggregate;
  if (aggregate.where !== null) {
    const own = FieldReader.of(reader.source, reader.node(name), reader.pathOf(name), reader.offset);
    if (own !== null) checkCondition(own, 'where', aggregate.where, events);
  }
  if (aggregate.function === 'ratio') {
    for (const operand of [aggregate.numerator, aggregate.denominator]) {
      const other = spec.aggregates.find((one) => one.name === operand);
      if (other === undefined) reader.report(name, `There is no aggregate ${operand} to make a ratio of.`);
      else if (other.function === 'ratio') reader.report(name, `A ratio of the ratio ${operand} is not supported.`);
    }
    return;
  }
  const field = 'field' in aggregate ? aggregate.field : null;
  if (field === null) return;
  const type = input[field];
  if (type === undefined) {
    reader.report(name, `There is no event.${field}.${didYouMean(field, Object.keys(input))}`);
  } else if (type !== 'number' && !['distinct', 'first', 'last'].includes(aggregate.function)) {
    reader.report(name, `${aggregate.function} reads a number: event.${field} is a ${type}.`);
  }
}

function checkNames(reader: FieldReader, spec: ViewSpec, untagged: Readonly<Record<string, string>>): void {
  const seen = new Set([...spec.groupBy.map((name) => name.toLowerCase()), 'window_start', 'window_end']);
  for (const { name } of spec.aggregates) {
    if (seen.has(name.toLowerCase())) reader.report('aggregates', `The rows have a column ${name} already.`);
    seen.add(name.toLowerCase());
  }
  const columns = new Set(Object.keys(untagged).map((name) => name.toLowerCase()));
  for (const { name } of spec.tags) {
    if (columns.has(name.toLowerCase())) reader.report('tags', `The rows have a column ${name} already.`);
    columns.add(name.toLowerCase());
  }
}

function checkWindow(
  reader: FieldReader,
  spec: ViewSpec,
  source: ViewSpec | undefined,
  { views, tables }: ViewSources,
): void {
  const { window, emit, time, retainMs } = spec;
  if (window?.kind === 'hopping' && window.sizeMs / window.everyMs > HOPS_MAX) {
    reader.report('window', `An event belongs to ${window.sizeMs / window.everyMs} windows; the limit is ${HOPS_MAX}.`);
  }
  if (window?.kind === 'unbounded' && emit === 'final') {
    reader.report('emit', 'An unbounded window never closes: leave emit out.');
  }
  if (window !== null && (window.kind === 'unbounded' || window.kind === 'session')) {
    for (const aggregate of spec.aggregates) {
      if (aggregate.function === 'rate' && window.kind === 'unbounded') {
        reader.report('aggregates', `${aggregate.name} is a rate, which needs a window that ends.`);
      }
    }
  }
  if (retainMs < time.latenessMs) reader.report('retain', 'retain must not be shorter than the lateness.');
  if (window === null && reader.has('emit')) {
    reader.report(
      'emit',
      'A view without a window of its own shows what the other shows, when that does: leave emit out.',
    );
  }
  if (source === undefined || window === null) return;
  const origin = windowedSource(source, views);
  if (origin.window?.kind === 'unbounded' && window.kind !== 'unbounded') {
    reader.report('window', `The rows of ${source.name} have no time of their own: only an unbounded window fits.`);
  }
  if (!canChange(origin)) return;
  if (tablesOfView({ ...spec, having: null, tags: [] }, tables).length > 0) {
    reader.report('where', `A table may say another thing when a row of ${source.name} changes: give it emit: final.`);
  }
  if (window.kind === 'session') {
    reader.report('window', `The rows of ${source.name} change: a session needs a view with emit: final to read.`);
  }
  for (const { name, function: kind } of spec.aggregates) {
    if (RETRACTABLE.has(kind)) continue;
    reader.report(
      'aggregates',
      `${name} cannot be taken back, and the rows of ${source.name} change: give it emit: final.`,
    );
  }
}

/** The view with a window whose rows a view shows: itself, or what it filters and tags. */
function windowedSource(view: ViewSpec, views: ReadonlyMap<string, ViewSpec>): ViewSpec {
  const source = view.window === null && 'view' in view.from ? views.get(view.from.view) : undefined;
  return source === undefined ? view : windowedSource(source, views);
}

/** Whether a row of a view with a window, once shown, may become another. */
function canChange(view: ViewSpec): boolean {
  return view.emit === 'changes' || view.time.late === 'correct';
}
