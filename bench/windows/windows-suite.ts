import { measureParts, type Suite } from '../suite.ts';
import { measureFeatures, measureHopping } from './cost.ts';
import { measureNeighbours } from './neighbours.ts';
import { measureReads } from './reads.ts';

const PARTS: Readonly<Record<string, Suite>> = {
  features: measureFeatures,
  hopping: measureHopping,
  neighbours: measureNeighbours,
  reads: measureReads,
};

/** The windows: what features cost, what hopping costs, whom a hot entity slows down, how soon features are read. */
export const runWindowsSuite: Suite = (options) => measureParts('windows', PARTS, options);
