import { UsageError } from '../src/cli/command.ts';
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

/**
 * Measures the parts of a suite one after the other, or those that are asked for. Throws UsageError where one that is
 * asked for is no part of it.
 */
export async function measureParts(
  suite: string,
  parts: Readonly<Record<string, Suite>>,
  options: SuiteOptions,
): Promise<Figure[]> {
  const { only, note } = options;
  const foreign = only.find((name) => !Object.hasOwn(parts, name));
  if (foreign !== undefined) {
    const known = Object.keys(parts).join(', ');
    throw new UsageError(`Cannot measure as the suite ${suite} has no such part: ${foreign}. Say one of: ${known}.`);
  }
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(parts)) {
    if (only.length > 0 && !only.includes(name)) continue;
    note(`${suite}: ${name}`);
    figures.push(...(await measure(options)));
  }
  return figures;
}
