import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { guardJson } from '../../src/codec/json-guard.ts';
import { ERRORS } from '../../src/domain/errors.ts';
import { BODY_BYTES_MAX, JSON_DEPTH_MAX, JSON_KEYS_MAX } from '../../src/domain/limits.ts';
import { errorOf, RUNS, tellingOf } from './support.ts';

/** Whether JSON.stringify would write a number that JSON.parse gives back as it is. */
function holdsNegativeZero(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(holdsNegativeZero);
  return Object.is(value, -0);
}

describe('guardJson', () => {
  test('gives what JSON.parse gives, for every JSON within the limits', () => {
    const json = fc.json({ maxDepth: 5 }).filter((text) => !/__proto__|constructor|prototype|-0/.test(text));
    fc.assert(
      fc.property(json, (text) => {
        assert.deepEqual(guardJson(text), JSON.parse(text));
        assert.ok(!holdsNegativeZero(guardJson(text)));
      }),
      RUNS,
    );
  });

  test('refuses what JSON.parse refuses, wherever one character was changed, and tells none of it', () => {
    const character = fc.constantFrom(...'{}[]",:\\-+.eE01ntu \u0000\u001f\u0085\ufeff\u2028');
    const canary = 'c4n4ry';
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.nat(200), character, (json, at, put) => {
        const text = `{"${canary}":"${canary}","x":${json}}`;
        const place = at % text.length;
        const changed = text.slice(0, place) + put + text.slice(place + 1);
        let isJson = true;
        try {
          JSON.parse(changed);
        } catch {
          isJson = false;
        }
        if (isJson) return;
        const error = errorOf(() => guardJson(changed));
        assert.equal(error.code, 'REQUEST_MALFORMED');
        assert.ok(!tellingOf(error).includes(canary));
      }),
      { ...RUNS, numRuns: 1000 },
    );
  });

  test('tells where a text stops being JSON', () => {
    const places: readonly (readonly [string, RegExp])[] = [
      ['{"a" 1}', /character 6/],
      ['{"a":01}', /character 7/],
      ['[1,]', /character 4/],
      ['{"a":1}x', /character 8/],
      ['{"a":"\u0000"}', /character 6/],
      ["{'a':1}", /character 2/],
      ['{"a":NaN}', /character 6/],
      ['[1,2', /ends too early/],
      ['', /ends too early/],
    ];
    for (const [text, message] of places) assert.match(errorOf(() => guardJson(text)).message, message, text);
  });

  test('refuses repeated names at any depth, also when they are spelt with escapes', () => {
    const repeats: readonly (readonly [string, string])[] = [
      ['{"a":1,"a":1}', 'a'],
      ['{"a":{"b":1,"c":2,"b":3}}', 'a.b'],
      ['[{"x":1},{"x":1,"\\u0078":2}]', '1.x'],
      ['{"a:b":1,"a:b":2}', 'a:b'],
      ['{"a\\"":1,"a\\u0022":2}', 'a"'],
    ];
    for (const [text, field] of repeats) {
      const error = errorOf(() => guardJson(text));
      assert.equal(error.code, 'REQUEST_AMBIGUOUS', text);
      assert.match(ERRORS[error.code].title, /repeated/);
      assert.deepEqual(
        error.fields.map((problem) => problem.field),
        [field],
        text,
      );
      assert.match(error.fields[0]?.message ?? '', /once/);
    }
  });

  test('refuses repeated names wherever they are put', () => {
    const flat = fc.dictionary(fc.string({ minLength: 1, maxLength: 6 }), fc.jsonValue({ maxDepth: 1 }), {
      minKeys: 1,
    });
    fc.assert(
      fc.property(flat, fc.nat(), (record, pick) => {
        const members = Object.entries(record).map(
          ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
        );
        const repeated = [...members, members[pick % members.length]].join(',');
        assert.equal(errorOf(() => guardJson(`{${repeated}}`)).code, 'REQUEST_AMBIGUOUS');
      }),
      RUNS,
    );
  });

  test('refuses names that reach a prototype', () => {
    for (const name of ['__proto__', 'constructor', 'prototype', '\\u005f_proto__']) {
      const error = errorOf(() => guardJson(`{"a":{"${name}":{"isAdmin":true}}}`));
      assert.match(error.fields[0]?.field ?? '', /^a\.(__proto__|constructor|prototype)$/);
    }
  });

  test('refuses -0 and numbers beyond the range, and names each', () => {
    for (const number of ['-0', '-0.0', '-0e5', '-1e-400', '1e400', '-1e400']) {
      const error = errorOf(() => guardJson(`{"a":1,"b":[0,${number}],"c":"-0"}`));
      assert.deepEqual(
        error.fields.map((problem) => problem.field),
        ['b.1'],
        number,
      );
      assert.equal(error.code, 'REQUEST_AMBIGUOUS');
      assert.match(ERRORS[error.code].title, /-0/);
    }
    assert.deepEqual(guardJson('{"a":"-0","b":0,"c":-1,"d":1e-400}'), { a: '-0', b: 0, c: -1, d: 0 });
  });

  test('refuses a byte order mark', () => {
    assert.match(errorOf(() => guardJson('\ufeff{}')).message, /byte order mark/);
  });

  test('keeps to the limit of depth', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    assert.deepEqual(guardJson(nested(JSON_DEPTH_MAX)), JSON.parse(nested(JSON_DEPTH_MAX)));
    assert.match(errorOf(() => guardJson(nested(JSON_DEPTH_MAX + 1))).message, /deep/);
    assert.match(errorOf(() => guardJson('{"a":'.repeat(30_000 / 5))).message, /deep/);
    assert.deepEqual(guardJson('"[[[[[[[[[[[["'), '[[[[[[[[[[[[');
  });

  test('keeps to the limit of members', () => {
    const members = (count: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`m${i}`, 1])));
    assert.equal(Object.keys(guardJson(members(JSON_KEYS_MAX)) as object).length, JSON_KEYS_MAX);
    assert.match(errorOf(() => guardJson(members(JSON_KEYS_MAX + 1))).message, /129/);
    assert.equal(guardJson(JSON.stringify(':'.repeat(500))), ':'.repeat(500));
  });

  test('keeps to the limit of size', () => {
    const sized = (size: number) => JSON.stringify('x'.repeat(size - 2));
    assert.equal(String(guardJson(sized(BODY_BYTES_MAX))).length, BODY_BYTES_MAX - 2);
    assert.equal(errorOf(() => guardJson(sized(BODY_BYTES_MAX + 1))).code, 'REQUEST_TOO_LARGE');
  });
});
