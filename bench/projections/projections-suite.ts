import type { Figure } from '../figures.ts';
import type { Suite, SuiteOptions } from '../suite.ts';
import { measureBacktest } from './backtest-rate.ts';
import { measureConsole } from './console-view.ts';
import { measureLists } from './list-latency.ts';
import { measureProjectionLag } from './projection-lag.ts';
import { measureInterference } from './query-interference.ts';

const PARTS: Readonly<Record<string, (options: SuiteOptions) => Promise<Figure[]>>> = {
  lag: measureProjectionLag,
  lists: measureLists,
  query: measureInterference,
  backtest: measureBacktest,
  console: measureConsole,
};

/** What analysts read: how fast it follows, how soon it answers, what a query costs who waits for a decision. */
export const runProjectionsSuite: Suite = async (options) => {
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(PARTS)) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    options.note(`projections: ${name}`);
    figures.push(...(await measure(options)));
  }
  return figures;
};
