import type { Figure } from '../figures.ts';
import type { Suite, SuiteOptions } from '../suite.ts';
import { measureFeatures, measureHopping } from './cost.ts';
import { measureNeighbours } from './neighbours.ts';
import { measureReads } from './reads.ts';

const PARTS: Readonly<Record<string, (options: SuiteOptions) => Promise<Figure[]>>> = {
  features: measureFeatures,
  hopping: measureHopping,
  neighbours: measureNeighbours,
  reads: measureReads,
};

/** The windows: what features cost, what hopping costs, whom a hot entity slows down, how soon features are read. */
export const runWindowsSuite: Suite = async (options) => {
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(PARTS)) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    options.note(`windows: ${name}`);
    figures.push(...(await measure(options)));
  }
  return figures;
};
