import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { canonicalCidr, canonicalIp } from '../../src/codec/ip-address.ts';
import { RUNS } from './support.ts';

/** The spelling that a URL gives to an IPv6 address (WHATWG URL, which follows RFC 5952). */
function urlSpelling(text: string): string {
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

describe('canonicalIp', () => {
  test('accepts what the operating system accepts, but for zones', () => {
    const nearly = fc.string({ unit: fc.constantFrom(...'0129afAF:::::...'), minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(fc.oneof(nearly, fc.ipV6(), fc.ipV4()), (text) => {
        assert.equal(canonicalIp(text) !== null, isIP(text) !== 0, text);
      }),
      { ...RUNS, numRuns: 5000 },
    );
    assert.equal(canonicalIp('fe80::1%eth0'), null);
  });

  test('spells an IPv6 address as a URL does', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const canonical = canonicalIp(text) ?? '';
        const isMapped = urlSpelling(text).startsWith('::ffff:') && urlSpelling(text).split(':').length === 5;
        if (!isMapped) assert.equal(canonical, urlSpelling(text), text);
        assert.equal(canonicalIp(canonical), canonical);
      }),
      RUNS,
    );
  });

  test('takes an IPv4-mapped address for the IPv4 address', () => {
    assert.equal(canonicalIp('::ffff:192.0.2.17'), '192.0.2.17');
    assert.equal(canonicalIp('0:0:0:0:0:FFFF:C000:0211'), '192.0.2.17');
    assert.equal(canonicalIp('::192.0.2.17'), '::c000:211');
  });

  test('refuses leading zeros, ports, and blanks', () => {
    for (const text of ['192.0.2.01', '192.0.2.1:80', ' 192.0.2.1', '192.0.2', '256.0.0.1', '1.2.3.4.5', '[::1]', '']) {
      assert.equal(canonicalIp(text), null, text);
    }
  });
});

describe('canonicalCidr', () => {
  test('clears the bits after the prefix', () => {
    assert.equal(canonicalCidr('192.0.2.17/24'), '192.0.2.0/24');
    assert.equal(canonicalCidr('192.0.2.17/32'), '192.0.2.17/32');
    assert.equal(canonicalCidr('255.255.255.255/1'), '128.0.0.0/1');
    assert.equal(canonicalCidr('10.0.0.1/0'), '0.0.0.0/0');
    assert.equal(canonicalCidr('2001:DB8:ffff::1/33'), '2001:db8:8000::/33');
    assert.equal(canonicalCidr('::ffff:192.0.2.17/120'), '192.0.2.0/24');
    assert.equal(canonicalCidr('::/0'), '::/0');
  });

  test('refuses what is no block', () => {
    for (const text of ['192.0.2.0', '192.0.2.0/33', '192.0.2.0/', '192.0.2.0/024', '::/129', '192.0.2.0/-1', 'x/8']) {
      assert.equal(canonicalCidr(text), null, text);
    }
  });
});
