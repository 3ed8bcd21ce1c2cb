import { amountAt, numberAt, textAt, timeAt } from '../../src/domain/stored-values.ts';
import type { TrafficInterval, TrafficQuery, TrafficSeries } from '../../src/ports/console.ts';
import type { ProjectionReader } from '../../src/ports/projection-reader.ts';

const INTERVAL_MS: Readonly<Record<TrafficInterval, number>> = { '1m': 60_000, '1h': 3_600_000, '1d': 86_400_000 };

/** Points of one answer; the newest where the range has more. */
const POINTS_MAX = 1_500;
const HOUR_MS = 3_600_000;

/** Decisions by interval, oldest first, and by country. Intervals without a decision are left out. */
export function readTraffic(reader: ProjectionReader, { fromMs, toMs, interval }: TrafficQuery): TrafficSeries {
  const sizeMs = INTERVAL_MS[interval];
  const from = fromMs ?? 0;
  const to = toMs ?? Number.MAX_SAFE_INTEGER;
  const sum = (column: string): string => `sum(${column}) AS ${column}`;
  const columns = ['decisions', 'approved', 'challenged', 'reviewed', 'declined', 'fallbacks', 'alerts', 'amount'];
  const rows = reader.all(
    `SELECT at / ${sizeMs} * ${sizeMs} AS bucket, ${columns.map(sum).join(', ')}, ${sum('amount_declined')}
     FROM ${reader.table('minutes')} WHERE at >= ? AND at < ? GROUP BY bucket ORDER BY bucket DESC LIMIT ${POINTS_MAX}`,
    [from, to],
  );
  const countries = reader.all(
    `SELECT country, ${sum('decisions')}, ${sum('declined')} FROM ${reader.table('countries')}
     WHERE at >= ? AND at < ? AND country <> '' GROUP BY country ORDER BY 2 DESC, 1`,
    [Math.floor(from / HOUR_MS) * HOUR_MS, to],
  );
  return {
    position: reader.position,
    interval,
    points: rows.toReversed().map((row) => ({
      at: timeAt(row, 'bucket'),
      decisions: numberAt(row, 'decisions'),
      approved: numberAt(row, 'approved'),
      challenged: numberAt(row, 'challenged'),
      reviewed: numberAt(row, 'reviewed'),
      declined: numberAt(row, 'declined'),
      fallbacks: numberAt(row, 'fallbacks'),
      alerts: numberAt(row, 'alerts'),
      amount: amountAt(row, 'amount'),
      amountDeclined: amountAt(row, 'amount_declined'),
    })),
    countries: countries.map((row) => ({
      country: textAt(row, 'country'),
      decisions: numberAt(row, 'decisions'),
      declined: numberAt(row, 'declined'),
    })),
  };
}
