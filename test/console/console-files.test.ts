import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { nextLoopTurn } from '../../src/adapters/system/event-loop.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { readConsoleFiles } from '../../src/cli/console-files.ts';
import { CONSOLE_POLICY } from '../../src/http/console-page.ts';
import { createHttpServer } from '../../src/http/mod.ts';
import { KeptLog } from '../http/fixtures.ts';
import { MemoryEngine } from '../http/memory-engine.ts';

/** What the first view may weigh, compressed. */
const FIRST_VIEW_BYTES_MAX = 200_000;

const files = readConsoleFiles();
const pageText = files('')?.plain.toString() ?? '';
const linked = [...pageText.matchAll(/(?:href|src)="\/console\/([^"]+)"/g)].map(([, path = '']) => path);

describe('the files of the console', () => {
  test('of the first view weigh less than 200 kB compressed', () => {
    const paths = new Set(['', 'lib/countries.json', ...linked]);
    const sizes = [...paths].map((path) => files(path)?.gzipped.length ?? Number.NaN);
    const sum = sizes.reduce((total, size) => total + size, 0);
    assert.ok(sum > 20_000 && sum < FIRST_VIEW_BYTES_MAX, `${sum} bytes`);
  });

  test('import nothing by name and nothing from elsewhere, and every import is there', () => {
    const modules = new Set(linked.filter((path) => /\.(?:ts|js)$/.test(path)));
    assert.ok(modules.size > 20, [...modules].join());
    // Also those that are fetched later: the set grows while it is gone through.
    for (const path of modules) {
      const text = files(path)?.plain.toString() ?? assert.fail(path);
      for (const [, target = ''] of text.matchAll(
        /(?:(?:^|[\n;}])\s*(?:import|export)\b[^;'"`]*?from\s*|\bimport\()["']([^"']+)["']/g,
      )) {
        const address = new URL(target, `http://host/console/${path}`);
        assert.match(target, /^(?:\.{1,2}\/|\/console\/)/, `${path} imports ${target}`);
        const imported = address.pathname.slice('/console/'.length);
        assert.notEqual(files(imported), null, `${path} imports ${target}`);
        modules.add(imported);
      }
    }
    for (const page of ['live', 'rules', 'sql']) assert.ok(modules.has(`pages/${page}-page.ts`), page);
  });

  test('have no inline script and no inline style', () => {
    assert.doesNotMatch(pageText, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
  });

  test('are no others than those that were there: a path opens nothing', () => {
    for (const path of ['../package.json', 'tsconfig.json', '/etc/passwd', 'index.html', 'main.ts/..', '__proto__']) {
      assert.equal(files(path), null, path);
    }
  });
});

function consoleApp() {
  return createHttpServer({
    engine: new MemoryEngine(),
    page: files,
    clock: createSystemClock(),
    logger: new KeptLog(),
    keys: null,
    defaultDeadlineMs: 200,
    version: '0.0.0-test',
    nextTurn: nextLoopTurn,
  }).app;
}

describe('the routes of the console', () => {
  test('are open, compressed where that is taken, and asked for again only after a change', async () => {
    const app = consoleApp();
    const first = await app.inject({ url: '/', headers: { 'accept-encoding': 'gzip' } });
    assert.equal(first.statusCode, 200);
    assert.match(String(first.headers['content-type']), /^text\/html/);
    assert.equal(first.headers['content-security-policy'], CONSOLE_POLICY);
    assert.equal(first.headers['x-content-type-options'], 'nosniff');
    assert.equal(gunzipSync(first.rawPayload).toString(), pageText);
    const again = await app.inject({ url: '/', headers: { 'if-none-match': String(first.headers.etag) } });
    assert.deepEqual([again.statusCode, again.body], [304, '']);
    const plain = await app.inject({ url: '/console/main.ts' });
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.match(String(plain.headers['content-type']), /^text\/javascript/);
    assert.equal((await app.inject({ method: 'HEAD', url: '/' })).statusCode, 200);
  });

  test('answer what is not there like any other path', async () => {
    const app = consoleApp();
    for (const url of ['/console/nothing.ts', '/console/', '/console/..%2f..%2fpackage.json']) {
      const answer = await app.inject({ url });
      assert.deepEqual([answer.statusCode, answer.json().code], [404, 'REQUEST_NOT_FOUND'], url);
    }
  });
});
