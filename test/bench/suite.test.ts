import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { figure } from '../../bench/figures.ts';
import { measureParts, type Suite } from '../../bench/suite.ts';
import { UsageError } from '../../src/cli/command.ts';

const partOf =
  (name: string): Suite =>
  async () => [figure(name, 'of a test', 'ms', [1])];
const PARTS = { first: partOf('first_ms'), second: partOf('second_ms') };

function measured(only: readonly string[]): Promise<string[]> {
  const options = { quick: true, only, note: () => {} };
  return measureParts('mine', PARTS, options).then((figures) => figures.map(({ name }) => name));
}

describe('a suite of measurements', () => {
  test('is measured whole, or in the parts that are asked for', async () => {
    assert.deepEqual(await measured([]), ['first_ms', 'second_ms']);
    assert.deepEqual(await measured(['second']), ['second_ms']);
  });

  test('refuses a part that it has not, and names those that it has', async () => {
    for (const name of ['third', 'toString']) {
      await assert.rejects(measured(['first', name]), (error: unknown) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, new RegExp(`the suite mine has no such part: ${name}. Say one of: first, second`));
        return true;
      });
    }
  });
});
