import type { Figure } from '../figures.ts';
import type { Suite, SuiteOptions } from '../suite.ts';
import { measureCpu } from './cpu.ts';
import { measureGrowth } from './growth.ts';
import { measureHttp } from './http.ts';
import { measureRestart } from './restart.ts';

const PARTS: Readonly<Record<string, (options: SuiteOptions) => Promise<Figure[]>>> = {
  http: measureHttp,
  cpu: measureCpu,
  growth: measureGrowth,
  restart: measureRestart,
};

/** The engine: what an authorization costs, with and without HTTP, and what does not grow. */
export const runEngineSuite: Suite = async (options) => {
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(PARTS)) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    options.note(`engine: ${name}`);
    figures.push(...(await measure(options)));
  }
  return figures;
};
