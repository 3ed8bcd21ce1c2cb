import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { EXAMPLES } from '../../examples/catalog.ts';
import { type Example, exampleFile, SEED } from '../../examples/kit/example.ts';
import { type Findings, play } from '../../examples/kit/findings.ts';
import type { LabelledEvent } from '../../examples/kit/labelled-event.ts';
import { type Score, scoresOf } from '../../examples/kit/score.ts';
import { startInProcess } from './in-process.ts';

export function exampleNamed(name: string): Example {
  const example = EXAMPLES.find((candidate) => candidate.name === name);
  assert.ok(example !== undefined);
  return example;
}

/** An example after all of its events. */
export type Played = {
  readonly events: readonly LabelledEvent[];
  readonly findings: Findings;
  readonly scores: ReadonlyMap<string, Score>;
};

/** Plays an example in this process. */
export async function playExample(example: Example, seed: number): Promise<Played> {
  const events = example.generate(seed);
  const findings = await play(example, seed, events, await startInProcess(example.name));
  const scores = new Map(scoresOf(example, findings, events).map((score) => [score.finder, score]));
  return { events, findings, scores };
}

/** Two lists of rows have the same rows, their numbers the same twelve digits: sums of fractions are binary. */
export function assertSameRows(actual: readonly unknown[] | undefined, expected: readonly unknown[]): void {
  const digits = (_key: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toPrecision(12)) : value;
  const inOrder = (rows: readonly unknown[]): readonly string[] =>
    rows.map((row) => JSON.stringify(row, digits)).sort();
  assert.deepEqual(inOrder(actual ?? []), inOrder(expected));
}

/** The findings of the first seed are those that the folder of the example tells. */
export async function assertExpected(example: Example, { findings }: Played): Promise<void> {
  const expected: Findings = JSON.parse(await readFile(exampleFile(example.name, 'expected.json'), 'utf8'));
  assert.equal(expected.seed, SEED);
  assert.deepEqual(findings, expected);
}

/** A finder detects every attack that it is there for and flags nothing else. */
export function assertFlawless({ scores }: Played, finders: readonly string[]): void {
  for (const finder of finders) {
    const score = scores.get(finder);
    assert.ok(score !== undefined, `${finder} is no finder`);
    assert.deepEqual(
      score.kinds.flatMap(({ missed }) => missed),
      [],
      `${finder} missed some`,
    );
    assert.ok(
      score.kinds.every(({ detected }) => detected.length > 0),
      `${finder} had nothing to detect`,
    );
    assert.deepEqual(score.wronglyFlagged, [], `${finder} flagged honest ones`);
  }
}
