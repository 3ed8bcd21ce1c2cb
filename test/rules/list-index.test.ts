import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LIST_KINDS, LIST_NAMES, type ListEntry, type ListKind, type ListName } from '../../src/domain/lists.ts';
import { canonicalListValue, ListHits, ListIndex } from '../../src/rules/mod.ts';
import { PURCHASE } from './rule-facts.ts';

function entry(list: ListName, kind: ListKind, value: string, expiresAtMs: number | null = null): ListEntry {
  return { list, kind, value, expiresAtMs, note: '' };
}

function hitsOf(index: ListIndex, event = PURCHASE, nowMs = 0): ListHits {
  const hits = new ListHits();
  index.match(event, nowMs, hits);
  return hits;
}

const VALUES: Readonly<Record<ListKind, string>> = {
  card: 'card-1',
  account: 'account-1',
  device: 'device-1',
  ip: '198.51.100.7',
  cidr: '198.51.100.0/24',
  merchant: 'merchant-1',
  bin: '453201',
  country: 'DE',
  bin_merchant: '453201@merchant-1',
};

describe('the list index', () => {
  test('finds each kind of value on each list, and nothing else', () => {
    for (const list of LIST_NAMES) {
      for (const kind of LIST_KINDS) {
        const index = new ListIndex();
        assert.ok(index.set(entry(list, kind, VALUES[kind])));
        const hits = hitsOf(index);
        for (const other of LIST_NAMES) assert.deepEqual(hits.kindsOf(other), other === list ? [kind] : []);
        const elsewhere = { ...PURCHASE, country: 'FR', bin: '411111', ip: '198.51.101.7', cardId: 'card-2' };
        const stranger = { ...elsewhere, accountId: 'a', deviceId: 'd', merchantId: 'm' };
        assert.ok(hitsOf(index, stranger).isEmpty);
        assert.ok(index.remove(list, kind, VALUES[kind]));
        assert.ok(hitsOf(index).isEmpty);
        assert.ok(!index.remove(list, kind, VALUES[kind]));
        assert.equal(index.size, 0);
      }
    }
  });

  test('lets an entry expire by event time, in either direction of time', () => {
    const index = new ListIndex();
    index.set(entry('block', 'card', 'card-1', 1000));
    assert.deepEqual(hitsOf(index, PURCHASE, 999).kindsOf('block'), ['card']);
    assert.ok(hitsOf(index, PURCHASE, 1000).isEmpty);
    assert.deepEqual(hitsOf(index, PURCHASE, 500).kindsOf('block'), ['card']);
    assert.ok(index.has('block', 'card', 'card-1', 999));
    assert.ok(!index.has('block', 'card', 'card-1', 1000));
    assert.equal(index.prune(999), 0);
    assert.equal(index.prune(1000), 1);
    assert.equal(index.size, 0);
  });

  test('replaces an entry of the same value, in any spelling', () => {
    const index = new ListIndex();
    index.set(entry('block', 'ip', '2001:DB8::1', 10));
    index.set(entry('block', 'ip', '2001:db8:0:0:0:0:0:1', null));
    assert.equal(index.size, 1);
    assert.ok(index.has('block', 'ip', '2001:db8::1', 99));
    assert.deepEqual(hitsOf(index, { ...PURCHASE, ip: '2001:0db8::0:1' }, 99).kindsOf('block'), ['ip']);
  });

  test('finds a bin by six, seven and eight digits', () => {
    const index = new ListIndex();
    index.set(entry('watch', 'bin', '4532017'));
    assert.ok(hitsOf(index, { ...PURCHASE, bin: '453201' }).isEmpty);
    assert.deepEqual(hitsOf(index, { ...PURCHASE, bin: '45320178' }).kindsOf('watch'), ['bin']);
    assert.ok(hitsOf(index, { ...PURCHASE, bin: '45320188' }).isEmpty);
  });

  test('takes the country of the place, and that of the address only where there is none', () => {
    const index = new ListIndex();
    index.set(entry('block', 'country', 'FR'));
    assert.ok(hitsOf(index, { ...PURCHASE, country: 'DE', ipCountry: 'FR' }).isEmpty);
    assert.ok(!hitsOf(index, { ...PURCHASE, country: '', ipCountry: 'FR' }).isEmpty);
  });

  test('refuses values that do not fit their kind', () => {
    for (const [kind, value] of [
      ['ip', '300.1.1.1'],
      ['ip', 'fe80::1%eth0'],
      ['cidr', '10.0.0.0'],
      ['cidr', '10.0.0.0/33'],
      ['cidr', '10.0.0.0/08'],
      ['cidr', '2001:db8::/129'],
      ['cidr', '::ffff:10.0.0.0/24'],
      ['bin', '12345'],
      ['bin', '123456789'],
      ['country', 'de'],
      ['card', ''],
    ] as const) {
      assert.equal(canonicalListValue(kind, value), null, `${kind} ${value}`);
      assert.ok(!new ListIndex().set(entry('block', kind, value)));
    }
  });

  test('knows one spelling of an address', () => {
    assert.equal(canonicalListValue('ip', '::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(canonicalListValue('ip', '2001:db8::ABCD'), '2001:db8:0:0:0:0:0:abcd');
    assert.equal(canonicalListValue('cidr', '192.0.2.77/24'), '192.0.2.0/24');
    assert.equal(canonicalListValue('cidr', '::ffff:192.0.2.77/120'), '192.0.2.0/24');
    assert.equal(canonicalListValue('cidr', '::/0'), '0:0:0:0:0:0:0:0/0');
  });
});

/** An address as a number and as texts that spell it. */
type Spelled = { readonly bits: bigint; readonly texts: readonly string[] };

/** Addresses that differ in few bits, so that networks hold some of them. */
const addresses4: fc.Arbitrary<Spelled> = fc.integer({ min: 0, max: 0xfff }).map((low) => {
  const bits = 0x0a000000n | BigInt((low >> 4) << 12) | BigInt(low & 15);
  const text = [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join('.');
  return { bits, texts: [text, `::ffff:${text}`] };
});
const addresses6: fc.Arbitrary<Spelled> = fc.integer({ min: 0, max: 0xfff }).map((low) => {
  const bits = (0x20010db8n << 96n) | (BigInt(low >> 4) << 60n) | BigInt(low & 15);
  const groups = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n].map((shift) => ((bits >> shift) & 0xffffn).toString(16));
  const full = groups.join(':');
  return { bits, texts: [full, full.toUpperCase(), new URL(`http://[${full}]/`).hostname.slice(1, -1)] };
});

for (const [family, width, addresses] of [
  ['IPv4', 32, addresses4],
  ['IPv6', 128, addresses6],
] as const) {
  test(`a network of ${family} holds the addresses that begin with its bits, in any spelling`, () => {
    const network = fc.tuple(addresses, fc.integer({ min: 1, max: width }));
    fc.assert(
      fc.property(fc.array(network, { minLength: 1, maxLength: 6 }), addresses, (held, { bits, texts }) => {
        const index = new ListIndex();
        for (const [{ texts: spellings }, prefix] of held) {
          assert.ok(index.set(entry('block', 'cidr', `${spellings[0]}/${prefix}`)));
        }
        const expected = held.some(([other, prefix]) => {
          const rest = BigInt(width - prefix);
          return other.bits >> rest === bits >> rest;
        });
        for (const ip of texts) assert.equal(!hitsOf(index, { ...PURCHASE, ip }).isEmpty, expected, ip);
        for (const [{ texts: spellings }, prefix] of held) index.remove('block', 'cidr', `${spellings[0]}/${prefix}`);
        assert.ok(hitsOf(index, { ...PURCHASE, ip: texts[0] ?? '' }).isEmpty);
      }),
      { numRuns: 300 },
    );
  });
}

test('networks of one family say nothing about addresses of the other', () => {
  const index = new ListIndex();
  index.set(entry('block', 'cidr', '::/0'));
  assert.ok(hitsOf(index, { ...PURCHASE, ip: '10.0.0.1' }).isEmpty);
  assert.ok(!hitsOf(index, { ...PURCHASE, ip: '2001:db8::1' }).isEmpty);
  index.remove('block', 'cidr', '::/0');
  index.set(entry('block', 'cidr', '0.0.0.0/0'));
  assert.ok(hitsOf(index, { ...PURCHASE, ip: '2001:db8::1' }).isEmpty);
  assert.ok(!hitsOf(index, { ...PURCHASE, ip: '10.0.0.1' }).isEmpty);
});

test('any row of changes leaves what a plain list of entries would hold', () => {
  const value = fc.constantFrom('a', 'b', 'c');
  const change = fc.record({
    list: fc.constantFrom(...LIST_NAMES),
    kind: fc.constantFrom('card', 'device'),
    value,
    expiresAtMs: fc.constantFrom(null, 5, 10),
    removes: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 30 }),
      value,
      fc.integer({ min: 0, max: 12 }),
      (changes, cardId, nowMs) => {
        const index = new ListIndex();
        let plain: ListEntry[] = [];
        for (const { list, kind, value: text, expiresAtMs, removes } of changes) {
          const kept = plain.filter((other) => other.list !== list || other.kind !== kind || other.value !== text);
          if (removes) assert.equal(index.remove(list, kind, text), kept.length < plain.length);
          else index.set(entry(list, kind, text, expiresAtMs));
          plain = removes ? kept : [...kept, entry(list, kind, text, expiresAtMs)];
        }
        assert.equal(index.size, plain.length);
        const hits = hitsOf(index, { ...PURCHASE, cardId, deviceId: '' }, nowMs);
        for (const list of LIST_NAMES) {
          const expected = plain.some(
            (other) =>
              other.list === list &&
              other.kind === 'card' &&
              other.value === cardId &&
              (other.expiresAtMs === null || nowMs < other.expiresAtMs),
          );
          assert.deepEqual(hits.kindsOf(list), expected ? ['card'] : []);
        }
      },
    ),
    { numRuns: 200 },
  );
});
