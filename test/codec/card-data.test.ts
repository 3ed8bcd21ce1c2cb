import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { holdsCardData, isCardDataName, isCardDataText, isLuhnValid } from '../../src/domain/card-data.ts';
import { RUNS } from './support.ts';

/** Check digit by the definition: the other way round than the code under test goes. */
function withCheckDigit(payload: string): string {
  const sum = [...payload]
    .reverse()
    .map((digit, index) => (index % 2 === 0 ? Number(digit) * 2 : Number(digit)))
    .flatMap((value) => [...String(value)])
    .reduce((total, digit) => total + Number(digit), 0);
  return payload + String((10 - (sum % 10)) % 10);
}

const cardNumber = fc
  .string({ unit: fc.constantFrom(...'0123456789'), minLength: 12, maxLength: 18 })
  .map(withCheckDigit);

/** A digit next to the last one: breaks every Luhn sum. */
function spoiled(number: string): string {
  return number.slice(0, -1) + String((Number(number.at(-1)) + 1) % 10);
}

describe('card data', () => {
  test('is a text of 13 to 19 digits with a valid check digit, and no other', () => {
    fc.assert(
      fc.property(cardNumber, (number) => {
        assert.ok(isLuhnValid(number) && isCardDataText(number));
        assert.ok(!isLuhnValid(spoiled(number)) && !isCardDataText(spoiled(number)));
      }),
      RUNS,
    );
    assert.ok(!isCardDataText(withCheckDigit('41111111111')), '12 digits');
    assert.ok(!isCardDataText(withCheckDigit('4111111111111111111')), '20 digits');
  });

  test('is seen through spaces, hyphens and dashes at any place', () => {
    const separators = fc.array(fc.constantFrom('', '', '', ' ', '-', ' - ', '\u00a0', '\u2013'), {
      minLength: 20,
      maxLength: 20,
    });
    fc.assert(
      fc.property(cardNumber, separators, (number, between) => {
        const spread = [...number].map((digit, index) => digit + (between[index] ?? '')).join('');
        assert.ok(isCardDataText(spread), spread);
      }),
      RUNS,
    );
  });

  test('is seen in full-width digits and in magnetic stripe data', () => {
    assert.ok(isCardDataText('４１１１１１１１１１１１１１１１'));
    assert.ok(isCardDataText(';4111111111111111=25121010000012345678?'));
    assert.ok(isCardDataText('%B4111111111111111^DOE/JANE^25121010000012345678?'));
  });

  test('is seen inside a free text, but not inside an identifier', () => {
    for (const text of ['card 4111 1111 1111 1111 was stolen', 'ref 12 4111-1111-1111-1111 x', 'a4111111111111111b']) {
      assert.ok(holdsCardData(text), text);
      assert.ok(!isCardDataText(text), text);
    }
    assert.ok(!holdsCardData('called on 2026-03-01 at 12:30 about 3 payments'));
  });

  test('leaves tokens, UUIDs and short numbers alone', () => {
    for (const text of ['tok_4111111111111111', 'b3c1f6e0-1111-4111-8111-111111111111', '411111111111', '']) {
      assert.ok(!isCardDataText(text), text);
    }
  });

  test('is told by the name of a member, however it is spelt', () => {
    for (const name of [
      'pan',
      'PAN',
      'cardNumber',
      'card_number',
      'Card-Number',
      'cvv',
      'CVV2',
      'cvc',
      'track1',
      'pin',
      'pinBlock',
      'pin_block',
      'track2_data',
      'security.code',
    ]) {
      assert.ok(isCardDataName(name), name);
    }
    for (const name of ['cvvResult', 'cardId', 'pinned', 'company', 'span', 'trackingId']) {
      assert.ok(!isCardDataName(name), name);
    }
  });
});
