import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { nextLoopTurn } from '../../src/adapters/system/event-loop.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import type { CliIo } from '../../src/cli/command.ts';
import { RetryingSender } from '../../src/cli/retrying-sender.ts';
import { RowSender } from '../../src/cli/tables/row-sender.ts';
import { runTablesChanges } from '../../src/cli/tables-changes.ts';
import { runTablesList } from '../../src/cli/tables-list.ts';
import { runTablesLoad } from '../../src/cli/tables-load.ts';
import { runTablesRow } from '../../src/cli/tables-row.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import { createHttpServer, type HttpServer } from '../../src/http/mod.ts';
import { startRig } from '../support/engine-rig.ts';
import { rowOf } from '../support/event-builders.ts';
import { NEVER_SHED } from '../support/never-shed.ts';
import { captureIo } from './captured-io.ts';

const RULESET = {
  name: 'tables',
  features: [],
  tables: ['country_risk: { columns: { score: number, tier: text, sanctioned: boolean } }'],
  rules: ['{ id: risky, when: "table.country_risk[event.country].score > 70", outcome: review, reason: RISKY }'],
};

type Command = (args: readonly string[], io: CliIo) => Promise<number>;

let folder = '';
let server: HttpServer;
let url = '';

async function run(command: Command, args: readonly string[], stdin = '') {
  const captured = captureIo({ stdin });
  const code = await command([...args, '--url', url], captured.io);
  return { code, stdout: captured.stdout(), stderr: captured.stderr() };
}

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function readRow(key: string, asOf = '2026-01-05'): Promise<unknown> {
  const { stdout } = await run(runTablesRow, ['country_risk', key, '--as-of', `${asOf}T00:00:00Z`]);
  return JSON.parse(stdout).columns;
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palisade-tables-'));
  const { engine } = await startRig({ ruleset: RULESET });
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const clock = createSystemClock();
  const limits = { drainGraceMs: 0, drainQuietMs: 10, admission: NEVER_SHED };
  const parts = {
    engine,
    clock,
    logger,
    keys: null,
    defaultDeadlineMs: 250,
    version: '0',
    nextTurn: nextLoopTurn,
    limits,
  };
  server = createHttpServer(parts);
  url = await server.listen('127.0.0.1', 0);
});

after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

describe('palisade tables', () => {
  test('loads CSV, gzipped or not, once for the same time, and reads it back', async () => {
    const csv = 'key,score,tier,sanctioned,note\nNG,71.5,high,0,x\nDE,3,,true,\n"a, b",,"0",false,\n';
    const path = await fileOf('rows.csv.gz', gzipSync(csv));
    const first = await run(runTablesLoad, ['country_risk', path, '--as-of', '2026-01-01', '--batch', '2']);
    assert.deepEqual([first.code, first.stdout], [0, 'country_risk: 3 rows recorded, 0 known already, 0 refused.\n']);
    assert.match(first.stderr, /has no such column: note/);
    assert.deepEqual(await readRow('NG'), { sanctioned: false, score: 71.5, tier: 'high' });
    assert.deepEqual(await readRow('DE'), { sanctioned: true, score: 3 });
    assert.deepEqual(await readRow('a, b'), { sanctioned: false, tier: '0' });
    const plain = await fileOf('rows.csv', csv);
    const again = await run(runTablesLoad, ['country_risk', plain, '--as-of', '2026-01-01T00:00:00Z']);
    assert.equal(again.stdout, 'country_risk: 0 rows recorded, 3 known already, 0 refused.\n');
  });

  test('loads NDJSON with times of its own from standard input, and removes keys', async () => {
    const lines = [
      { code: 'FR', from: '2026-01-02', score: 1, sanctioned: true },
      { code: 'FR', from: '2026-01-04T12:00:00+01:00', score: 2, tier: null },
    ];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const options = ['--key-column', 'code', '--time-column', 'from'];
    const loaded = await run(runTablesLoad, ['country_risk', '-', ...options], text);
    assert.equal(loaded.stdout, 'country_risk: 2 rows recorded, 0 known already, 0 refused.\n');
    assert.deepEqual(await readRow('FR', '2026-01-03'), { sanctioned: true, score: 1 });
    assert.deepEqual(await readRow('FR'), { score: 2 });
    const path = await fileOf('gone.csv', 'key\nFR\n');
    await run(runTablesLoad, ['country_risk', path, '--remove', '--as-of', '2026-01-04T23:00:00Z']);
    await assert.rejects(readRow('FR'), (error) => isPalisadeError(error, 'REQUEST_NOT_FOUND'));
  });

  test('lists tables and changes', async () => {
    const listed = await run(runTablesList, []);
    assert.match(listed.stdout, /country_risk {2}sanctioned boolean, score number, tier text/);
    const all = (await run(runTablesChanges, ['country_risk'])).stdout.trimEnd().split('\n');
    const changes = all.map((line) => JSON.parse(line));
    assert.deepEqual(
      changes.map(({ revision }) => revision),
      changes.map((_, index) => index),
    );
    assert.ok(changes.length > 1);
    const two = await run(runTablesChanges, ['country_risk', '--after', '0', '--limit', '1']);
    assert.equal(two.stdout, `${all[1]}\n`);
  });

  test('names the row and column of a file that does not fit, and records nothing of the batch', async () => {
    for (const [content, message] of [
      ['key,score\nIT,1\nES,high\n', /row 3 has no number in column score/],
      ['key,sanctioned\nIT,maybe\n', /row 2 has no boolean in column sanctioned/],
      ['code,score\nIT,1\n', /row 2 has no key in column key/],
      ['key,score\nIT,1,2\n', /no well-formed CSV/],
    ] as const) {
      const path = await fileOf('wrong.csv', content);
      await assert.rejects(run(runTablesLoad, ['country_risk', path]), (error) => {
        assert.ok(isPalisadeError(error, 'INPUT_FILE'), String(error));
        assert.match(error.message, message);
        return true;
      });
    }
    await assert.rejects(readRow('IT'), (error) => isPalisadeError(error, 'REQUEST_NOT_FOUND'));
    const path = await fileOf('right.csv', 'key\nIT\n');
    await assert.rejects(run(runTablesLoad, ['contry_risk', path]), /no such table: contry_risk.*country_risk/);
    const both = ['country_risk', path, '--as-of', '2026-01-01', '--time-column', 'key'];
    await assert.rejects(run(runTablesLoad, both), /--as-of and --time-column together/);
    await assert.rejects(run(runTablesLoad, ['country_risk', path, '--as-of', 'today']), /--as-of/);
  });

  test('refuses columns that the table has not, as they would empty its rows, and takes keys alone', async () => {
    const path = await fileOf('misspelled.csv', 'key,scor\nDE,10\n');
    await assert.rejects(
      run(runTablesLoad, ['country_risk', path]),
      (error) =>
        isPalisadeError(error, 'INPUT_FILE') &&
        /none of the columns of country_risk \(sanctioned, score, tier\).*key, scor/.test(error.message),
    );
    assert.equal((await run(runTablesLoad, ['country_risk', path, '--remove'])).code, 0);
    const keys = await fileOf('keys.csv', 'key,from\nPL,2026-01-02\n');
    assert.equal((await run(runTablesLoad, ['country_risk', keys, '--time-column', 'from'])).code, 0);
    assert.deepEqual(await readRow('PL'), {});
  });

  test('fails where the engine refuses a row, and tells why', async () => {
    const path = await fileOf('late.csv', 'key,score\nPT,1\n4111111111111111,2\n');
    const { code, stdout, stderr } = await run(runTablesLoad, ['country_risk', path, '--as-of', '2026-01-01']);
    assert.deepEqual([code, stdout], [1, 'country_risk: 1 rows recorded, 0 known already, 1 refused.\n']);
    assert.match(stderr, /Refused: row 2: key must not hold card data/);
    assert.doesNotMatch(stderr, /4111/);
  });

  test('tells what to do where nothing answers', async () => {
    const captured = captureIo({ stdin: '' });
    await assert.rejects(runTablesList(['--url', 'http://127.0.0.1:1'], captured.io), /palisade serve/);
  });
});

describe('rows that the engine was too busy for', () => {
  test('are sent again from the first of them, after a pause', async () => {
    const bodies: string[] = [];
    const waits: number[] = [];
    const transport = {
      post: async (_path: string, body: string) => {
        bodies.push(body);
        const statuses = bodies.length === 1 ? [200, 503, 200] : bodies.length === 2 ? [503, 503] : [200, 200];
        const lines = statuses.map((status, index) => JSON.stringify({ line: index + 1, status, repeated: false }));
        return { status: 200, body: `${lines.join('\n')}\n`, retryAfterS: null };
      },
      close: () => {},
    };
    const wait = async (ms: number) => {
      waits.push(ms);
    };
    const sender = new RowSender(new RetryingSender(transport, wait));
    await sender.send(['a', 'b', 'c'].map((key) => rowOf(`r-${key}`, { key, columns: {} })));
    const keysOf = (body: string) =>
      body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).key);
    assert.deepEqual(bodies.map(keysOf), [
      ['a', 'b', 'c'],
      ['b', 'c'],
      ['b', 'c'],
    ]);
    assert.deepEqual(waits, [1000, 1000]);
    assert.deepEqual([sender.recorded, sender.refused, sender.sent], [3, 0, 3]);
  });
});
