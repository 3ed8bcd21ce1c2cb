import { measureParts, type Suite } from '../suite.ts';
import { measureBacktest } from './backtest-rate.ts';
import { measureConsole } from './console-view.ts';
import { measureLists } from './list-latency.ts';
import { measureProjectionLag } from './projection-lag.ts';
import { measureInterference } from './query-interference.ts';

const PARTS: Readonly<Record<string, Suite>> = {
  lag: measureProjectionLag,
  lists: measureLists,
  query: measureInterference,
  backtest: measureBacktest,
  console: measureConsole,
};

/** What analysts read: how fast it follows, how soon it answers, what a query costs who waits for a decision. */
export const runProjectionsSuite: Suite = (options) => measureParts('projections', PARTS, options);
