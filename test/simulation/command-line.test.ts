import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

function run(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

describe('the command line of the simulation', { skip: 'Deno' in globalThis }, () => {
  test('tells its options with --help', () => {
    const { code, stdout, stderr } = run('--help');
    assert.deepEqual([code, stderr], [0, '']);
    for (const option of ['--seed', '--seeds', '--steps', '--verbose']) assert.match(stdout, new RegExp(`${option} `));
  });

  test('exits with 2 and one sentence where it is not understood', () => {
    for (const args of [['--sed', '3'], ['--steps', 'many'], ['extra']]) {
      const { code, stdout, stderr } = run(...args);
      assert.deepEqual([code, stdout], [2, ''], args.join(' '));
      assert.match(stderr, /Use --help/);
      assert.doesNotMatch(stderr, / at .*\.ts:/);
    }
  });

  test('runs the seeds that it is given', () => {
    const { code, stdout } = run('--seed', '5', '--seeds', '2', '--steps', '20');
    assert.equal(code, 0);
    assert.match(stdout, /^2 seeds of 20 steps .* 0 failed/m);
  });
});
