import type { Figure } from '../figures.ts';
import type { Suite, SuiteOptions } from '../suite.ts';
import { measureAuthorizations } from './authorizations.ts';
import { measureLag } from './lag.ts';
import { measureHops, measureKinds } from './view-kinds.ts';

const PARTS: Readonly<Record<string, (options: SuiteOptions) => Promise<Figure[]>>> = {
  kinds: measureKinds,
  hopping: measureHops,
  authorizations: measureAuthorizations,
  lag: measureLag,
};

/** The views: what each kind takes in, what they cost those who wait for decisions, and how far they are behind. */
export const runViewsSuite: Suite = async (options) => {
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(PARTS)) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    options.note(`views: ${name}`);
    figures.push(...(await measure(options)));
  }
  return figures;
};
