import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { decodeFact } from '../../src/codec/record-reader.ts';
import { encodeFact } from '../../src/codec/record-text.ts';
import { currentVersionOf, UPCASTERS } from '../../src/codec/upcast.ts';

/** A body as some version wrote it, byte for byte, and the fact that it is today. Never changed once released. */
type Golden = { readonly body: string; readonly fact: { readonly type: string } };

function goldenOf(type: string, version: number): Golden {
  return JSON.parse(readFileSync(new URL(`golden/${type}.v${version}.json`, import.meta.url), 'utf8'));
}

describe('a stored record', () => {
  for (const [type, upcasters] of Object.entries(UPCASTERS)) {
    const newest = currentVersionOf(upcasters);
    for (let version = 1; version <= newest; version++) {
      test(`${type} of version ${version} reads as it did when it was written`, () => {
        const { body, fact } = goldenOf(type, version);
        assert.equal(JSON.parse(body).v, version);
        assert.equal(fact.type, type);
        assert.deepEqual(decodeFact(type, body), fact);
      });
    }

    test(`${type} is written as version ${newest} was`, () => {
      const { body } = goldenOf(type, newest);
      assert.equal(encodeFact(decodeFact(type, body)), body);
    });
  }
});
