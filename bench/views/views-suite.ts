import { measureParts, type Suite } from '../suite.ts';
import { measureAuthorizations } from './authorizations.ts';
import { measureLag } from './lag.ts';
import { measureHops, measureKinds } from './view-kinds.ts';

const PARTS: Readonly<Record<string, Suite>> = {
  kinds: measureKinds,
  hopping: measureHops,
  authorizations: measureAuthorizations,
  lag: measureLag,
};

/** The views: what each kind takes in, what they cost those who wait for decisions, and how far they are behind. */
export const runViewsSuite: Suite = (options) => measureParts('views', PARTS, options);
