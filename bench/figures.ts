import { type Column, formatTable } from '../src/cli/table.ts';

/** One figure of a suite: its name in the JSON, what it is, its samples, and the goal that it is held against. */
export type Figure = {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly samples: readonly number[];
  /** Shown only: a benchmark never fails by a figure. */
  readonly goal: string;
};

/** Middle of the samples. */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** Value at a share of the sorted samples, nearest rank. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((left, right) => left - right);
  const rank = Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1));
  return sorted[rank] ?? Number.NaN;
}

/** Makes a figure. */
export function figure(name: string, what: string, unit: string, samples: readonly number[], goal = ''): Figure {
  return { name, what, unit, samples, goal };
}

function shown(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(3);
}

/** A table of figures: median, and the least and the most of the samples. */
export function figuresTable(figures: readonly Figure[]): string {
  const columns: Column[] = [
    { title: 'figure', align: 'left' },
    { title: 'median', align: 'right' },
    { title: 'spread', align: 'left' },
    { title: 'unit', align: 'left' },
    { title: 'runs', align: 'right' },
    { title: 'goal', align: 'left' },
    { title: 'what it is', align: 'left' },
  ];
  const rows = figures.map(({ name, what, unit, samples, goal }) => [
    name,
    shown(median(samples)),
    `${shown(Math.min(...samples))} to ${shown(Math.max(...samples))}`,
    unit,
    String(samples.length),
    goal,
    what,
  ]);
  return formatTable(columns, rows);
}

/** The medians by name. */
export function figuresJson(figures: readonly Figure[]): string {
  const medians = figures.map(({ name, samples }) => [name, median(samples)]);
  return `${JSON.stringify(Object.fromEntries(medians), null, 2)}\n`;
}
