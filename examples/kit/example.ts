import type { LabelledEvent } from './labelled-event.ts';

/** A pattern that runs from a declaration: its folder holds the ruleset, the generator and the expected findings. */
export type Example = {
  /** Name of its folder. */
  readonly name: string;
  readonly title: string;
  /** Events in the order of arrival, late ones and repeats among them. The seed decides everything. */
  readonly generate: (seed: number) => readonly LabelledEvent[];
  /** Kinds of attack that each rule, by its reason code, and each view, as `view <name>`, is there to find. */
  readonly aims: Readonly<Record<string, readonly string[]>>;
};

/** Views of an example each row of which is a finding. */
export function findingViews({ aims }: Example): readonly string[] {
  return Object.keys(aims).flatMap((finder) => (finder.startsWith('view ') ? [finder.slice(5)] : []));
}

/** Address of a file in the folder of an example. */
export function exampleFile(name: string, file: string): URL {
  return new URL(`../${name}/${file}`, import.meta.url);
}

/** Seed of the findings that the folders hold. */
export const SEED = 1;
