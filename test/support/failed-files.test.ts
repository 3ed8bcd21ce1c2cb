import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { drivesNode } from '../integration/engine-process.ts';

const REPORTER = fileURLToPath(new URL('./failed-files.ts', import.meta.url));
const FILES = {
  'shared-suite.ts':
    "import { test } from 'node:test'; export const fail = () => test('bad', () => { throw new Error('no'); });",
  'through-a-suite.test.ts': "import { fail } from './shared-suite.ts'; fail();",
  'good.test.ts': "import { test } from 'node:test'; test('good', () => {});",
  'nested.test.ts': "import { test, describe } from 'node:test'; describe('a', () => test('b', () => { throw 1; }));",
  'unreadable.test.ts': "throw new Error('at the start');",
};

test('the files that failed are listed, wherever their tests stand', { skip: drivesNode }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'palisade-failed-files-'));
  try {
    for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const args = ['--test', `--test-reporter=${REPORTER}`, '*.test.ts'];
    const listed = await new Promise<string>((resolve) => {
      execFile(process.execPath, args, { cwd: folder, env }, (_error, stdout) => resolve(stdout));
    });
    assert.deepEqual(listed.trim().split('\n').sort(), [
      'nested.test.ts',
      'through-a-suite.test.ts',
      'unreadable.test.ts',
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
