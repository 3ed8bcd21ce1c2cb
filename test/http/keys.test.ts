import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isPalisadeError, type PalisadeError } from '../../src/domain/errors.ts';
import { KeyRing } from '../../src/http/key-ring.ts';
import { createKey, formatKeyFile, parseKeyFile, SCOPES, splitKey, verifyKey } from '../../src/http/keys.ts';

const NOW_MS = Date.UTC(2026, 0, 31);

function refusal(run: () => unknown): PalisadeError {
  try {
    run();
  } catch (error) {
    assert.ok(isPalisadeError(error, 'CONFIG_INVALID'));
    return error;
  }
  assert.fail('was accepted');
}

describe('createKey', () => {
  test('gives a key whose secret has 256 bits and whose entry has only its hash', () => {
    const { key, entry } = createKey({ id: 'shop-1', scopes: ['authorize'] }, randomBytes);
    const secret = key.slice('pk_shop-1_'.length);
    assert.equal(Buffer.from(secret, 'base64url').length, 32);
    assert.equal(entry.hash, createHash('sha256').update(secret).digest('hex'));
    assert.ok(!JSON.stringify(entry).includes(secret));
  });

  test('splits back into id and secret, whatever the secret', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z0-9-]{1,32}$/),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (id, bytes) => {
          const { key, entry } = createKey({ id, scopes: ['read'] }, () => bytes);
          const parts = splitKey(key);
          assert.equal(parts?.id, id);
          assert.ok(verifyKey(entry, parts?.secret ?? ''));
        },
      ),
    );
  });

  test('refuses an id, a scope or an expiry that a key file could not hold', () => {
    const of = (changes: object) => refusal(() => createKey({ id: 'a', scopes: ['read'], ...changes }, randomBytes));
    assert.equal(of({ id: 'a_b' }).fields[0]?.field, 'key.id');
    assert.equal(of({ scopes: [] }).fields[0]?.field, 'key.scopes');
    assert.equal(of({ expiresAt: 'tomorrow' }).fields[0]?.field, 'key.expiresAt');
  });
});

describe('parseKeyFile', () => {
  test('reads back what formatKeyFile writes', () => {
    const keys = [
      createKey({ id: 'a', scopes: SCOPES }, randomBytes).entry,
      createKey({ id: 'b', scopes: ['read'], expiresAt: '2027-01-01T00:00:00Z', note: 'n' }, randomBytes).entry,
    ];
    assert.deepEqual(parseKeyFile(formatKeyFile(keys)), keys);
  });

  test('names every field that does not fit', () => {
    const good = createKey({ id: 'a', scopes: ['read'] }, randomBytes).entry;
    const cases: [unknown, string][] = [
      [{ ...good, id: 'A' }, 'keys.0.id'],
      [{ ...good, hash: 'plain secret' }, 'keys.0.hash'],
      [{ ...good, scopes: ['everything'] }, 'keys.0.scopes'],
      [{ ...good, scopes: ['read', 'read'] }, 'keys.0.scopes'],
      [{ ...good, expiresAt: '2027-01-01' }, 'keys.0.expiresAt'],
      [{ ...good, expiresAt: '2027-13-01T00:00:00Z' }, 'keys.0.expiresAt'],
      [{ ...good, secret: 'x' }, 'keys.0.secret'],
      ['key', 'keys.0'],
    ];
    for (const [key, field] of cases) {
      const error = refusal(() => parseKeyFile(JSON.stringify({ keys: [key] })));
      assert.ok(
        error.fields.some((problem) => problem.field === field),
        `${field} in ${JSON.stringify(error.fields)}`,
      );
    }
  });

  test('refuses two keys of one id, and what is no key file', () => {
    const { entry } = createKey({ id: 'a', scopes: ['read'] }, randomBytes);
    assert.equal(refusal(() => parseKeyFile(JSON.stringify({ keys: [entry, entry] }))).fields[0]?.field, 'keys.1.id');
    for (const text of ['', '[]', '{}', '{"keys":{}}', 'null']) refusal(() => parseKeyFile(text));
  });
});

describe('KeyRing', () => {
  const a = createKey({ id: 'a', scopes: ['authorize', 'read'] }, randomBytes);
  const b = createKey({ id: 'b', scopes: ['read'], expiresAt: '2026-01-31T00:00:01Z' }, randomBytes);

  test('grants the scopes of a key and no other, the first time and again', () => {
    const ring = new KeyRing([a.entry, b.entry]);
    for (let round = 0; round < 2; round++) {
      assert.equal(ring.check(a.key, 'authorize', NOW_MS), 'granted');
      assert.equal(ring.check(a.key, 'lists', NOW_MS), 'AUTH_SCOPE');
      assert.equal(ring.check(b.key, 'authorize', NOW_MS), 'AUTH_SCOPE');
    }
  });

  test('refuses every key that differs in one place', () => {
    const ring = new KeyRing([a.entry]);
    assert.equal(ring.check(a.key, 'read', NOW_MS), 'granted');
    fc.assert(
      fc.property(fc.nat(a.key.length - 1), fc.stringMatching(/^[\x20-\x7e]$/), (place, character) => {
        const other = a.key.slice(0, place) + character + a.key.slice(place + 1);
        assert.equal(ring.check(other, 'read', NOW_MS), other === a.key ? 'granted' : 'AUTH_INVALID');
      }),
    );
    for (const other of ['', 'pk_', 'pk_a_', a.key.slice(0, -1), `${a.key}A`, ` ${a.key}`]) {
      assert.equal(ring.check(other, 'read', NOW_MS), 'AUTH_INVALID');
    }
  });

  test('refuses the secret of one key under the id of another', () => {
    const ring = new KeyRing([a.entry, b.entry]);
    assert.equal(ring.check(`pk_b_${splitKey(a.key)?.secret}`, 'read', NOW_MS), 'AUTH_INVALID');
  });

  test('ends a key at its expiry even while it is remembered', () => {
    const ring = new KeyRing([b.entry]);
    assert.equal(ring.check(b.key, 'read', NOW_MS), 'granted');
    assert.equal(ring.check(b.key, 'read', NOW_MS + 999), 'granted');
    assert.equal(ring.check(b.key, 'read', NOW_MS + 1000), 'AUTH_INVALID');
  });

  test('forgets a verified key when the keys are replaced', () => {
    const ring = new KeyRing([a.entry]);
    assert.equal(ring.check(a.key, 'read', NOW_MS), 'granted');
    ring.replace([b.entry]);
    assert.equal(ring.check(a.key, 'read', NOW_MS), 'AUTH_INVALID');
    assert.equal(ring.check(b.key, 'read', NOW_MS), 'granted');
  });

  test('still knows every key when there are more than it remembers', () => {
    const keys = Array.from({ length: 600 }, (_, index) =>
      createKey({ id: `k${index}`, scopes: ['read'] }, randomBytes),
    );
    const ring = new KeyRing(keys.map(({ entry }) => entry));
    for (let round = 0; round < 2; round++) {
      for (const { key } of keys) assert.equal(ring.check(key, 'read', NOW_MS), 'granted');
    }
  });
});
