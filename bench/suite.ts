import type { Figure } from './figures.ts';

/** Options that every suite understands. */
export type SuiteOptions = {
  /** Smaller inputs and fewer runs: to see that a suite works, not to quote it. */
  readonly quick: boolean;
  /** Names of the parts to run; all where it is empty. */
  readonly only: readonly string[];
  readonly note: (text: string) => void;
};

export type Suite = (options: SuiteOptions) => Promise<Figure[]>;
