import type { TableSpec } from '../domain/tables.ts';
import type { ColumnType, EventStream, RowSchema } from '../domain/views.ts';
import { EVENT_NUMBERS, EVENT_TEXTS } from './event-fields.ts';

/** Columns of metrics are named by what the devices send: `metrics.` and a name of letters, digits and `_`. */
export const METRIC_COLUMN = /\bevent\.(metrics\.[A-Za-z_][A-Za-z0-9_]{0,63})\b/g;

/** The system that sent an event; watermarks are kept for each. */
export const PRODUCER_COLUMN = 'producer';

const ABOUT_EVENT: RowSchema = {
  id: 'text',
  producer: 'text',
  occurredAtMs: 'number',
  hour: 'number',
  weekday: 'number',
};

const TRANSACTION: RowSchema = {
  ...ABOUT_EVENT,
  ...Object.fromEntries(Object.keys(EVENT_NUMBERS).map((name) => [name, 'number' as const])),
  ...Object.fromEntries(Object.keys(EVENT_TEXTS).map((name) => [name, 'text' as const])),
};

/** Columns of an alert that are those of the row's group by that name; '' where the view is not grouped by it. */
export const ALERT_ENTITIES = ['cardId', 'accountId', 'deviceId', 'merchantId', 'ip'] as const;

/** What the events of each stream have. Metrics have one more column for each metric that a view reads. */
export const STREAM_COLUMNS: Readonly<Record<EventStream, RowSchema>> = {
  transaction: TRANSACTION,
  decision: {
    ...TRANSACTION,
    outcome: 'text',
    score: 'number',
    mode: 'text',
    responseCode: 'text',
    reason: 'text',
    reasons: 'text',
    rulesetVersion: 'text',
  },
  login: {
    ...ABOUT_EVENT,
    accountId: 'text',
    deviceId: 'text',
    ip: 'text',
    ipCountry: 'text',
    status: 'text',
    latitude: 'number',
    longitude: 'number',
  },
  signal: { ...ABOUT_EVENT, type: 'text', deviceId: 'text', accountId: 'text', ip: 'text' },
  metric: { ...ABOUT_EVENT, deviceId: 'text' },
  reference: { ...ABOUT_EVENT, entity: 'text', entityId: 'text', homeCountry: 'text', status: 'text' },
  label: {
    ...ABOUT_EVENT,
    transactionId: 'text',
    label: 'text',
    cardId: 'text',
    accountId: 'text',
    deviceId: 'text',
    merchantId: 'text',
  },
  table_row: { ...ABOUT_EVENT, table: 'text', key: 'text', removed: 'flag' },
  alert: {
    ...ABOUT_EVENT,
    ruleId: 'text',
    view: 'text',
    reason: 'text',
    score: 'number',
    ...Object.fromEntries(ALERT_ENTITIES.map((name) => [name, 'text' as const])),
  },
};

/** The columns of the rows of one table, as events of its changelog. */
export function tableSchema({ columns }: TableSpec): RowSchema {
  const own = columns.map(({ name, type }): [string, ColumnType] => [
    `columns.${name}`,
    type === 'boolean' ? 'flag' : type,
  ]);
  return { ...STREAM_COLUMNS.table_row, ...Object.fromEntries(own) };
}

/** The columns that an event of a stream has, as far as some expressions read them. */
export function streamSchema(stream: EventStream, expressions: readonly string[]): RowSchema {
  const columns = STREAM_COLUMNS[stream];
  if (stream !== 'metric') return columns;
  const metrics = expressions.flatMap((expression) =>
    [...expression.matchAll(METRIC_COLUMN)].map(([, column = '']) => [column, 'number' as const] as const),
  );
  return { ...columns, ...Object.fromEntries(metrics) };
}
