import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { epochMsOf, hourOf, instantProblem, parseInstant, weekdayOf } from '../../src/codec/instant.ts';
import { errorOf, instantText, RUNS } from './support.ts';

/** Years 0001 to 9999, away from the ends so that no offset leaves the range. */
const anyMs = fc.integer({ min: Date.parse('0001-02-01T00:00:00Z'), max: Date.parse('9999-11-01T00:00:00Z') });
const anyOffset = fc.integer({ min: -720, max: 840 });
const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?(Z|([+-])(\d\d):(\d\d))$/;

/** Milliseconds by way of Date, which rolls 30 February over to March: what comes back changed was no date. */
function oracle(text: string): number {
  const parts = FORM.exec(text);
  if (parts === null) return Number.NaN;
  const [, year, month, day, hour, minute, second, fraction = '', , sign = '+', hours = '0', minutes = '0'] = parts;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second), Number(`${fraction.slice(1)}000`.slice(0, 3)));
  if (date.toISOString().slice(0, 19) !== text.slice(0, 19) || Number(minutes) > 59) return Number.NaN;
  const offset = Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes));
  return offset < -720 || offset > 840 ? Number.NaN : date.getTime() - offset * 60_000;
}

describe('parseInstant', () => {
  test('gives the time and the offset that Date gives', () => {
    fc.assert(
      fc.property(anyMs, anyOffset, (ms, offsetMinutes) => {
        const text = instantText(ms, offsetMinutes);
        assert.deepEqual(parseInstant(text), { ms, offsetMinutes });
        assert.equal(Date.parse(text), ms);
      }),
      RUNS,
    );
  });

  test('gives the hour and the weekday that the text shows', () => {
    fc.assert(
      fc.property(anyMs, anyOffset, (ms, offsetMinutes) => {
        const text = instantText(ms, offsetMinutes);
        const local = new Date(ms + offsetMinutes * 60_000);
        assert.equal(hourOf(text), local.getUTCHours());
        assert.equal(weekdayOf(text), local.getUTCDay() || 7);
      }),
      RUNS,
    );
  });

  test('accepts every real day of the calendar and no other', () => {
    for (const year of ['1900', '1999', '2000', '2023', '2024', '2100']) {
      for (let month = 0; month <= 13; month++) {
        for (let day = 0; day <= 32; day++) {
          const date = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
          assert.deepEqual(epochMsOf(`${date}T00:00:00Z`), oracle(`${date}T00:00:00Z`), date);
        }
      }
    }
  });

  test('agrees with the oracle on texts that are nearly an instant', () => {
    const character = fc.constantFrom(...'0123456789-+:.TZtz /');
    fc.assert(
      fc.property(anyMs, anyOffset, fc.nat(29), character, fc.constantFrom(0, 1), (ms, offset, at, put, cut) => {
        const text = instantText(ms, offset);
        const changed = text.slice(0, at) + put + text.slice(at + cut);
        assert.equal(epochMsOf(changed), oracle(changed), changed);
        assert.equal(instantProblem(changed) === null, !Number.isNaN(oracle(changed)), changed);
      }),
      { ...RUNS, numRuns: 3000 },
    );
  });

  test('cuts a fraction off after the millisecond', () => {
    assert.equal(parseInstant('1970-01-01T00:00:00.9Z').ms, 900);
    assert.equal(parseInstant('1970-01-01T00:00:00.000999999Z').ms, 0);
    assert.equal(parseInstant('1969-12-31T23:59:59.999999999Z').ms, -1);
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ['2016-12-31T23:59:60Z', /leap second/],
    ['2025-02-29T00:00:00Z', /day .* 01 to 28/],
    ['2024-02-30T00:00:00Z', /day .* 01 to 29/],
    ['2025-04-31T00:00:00Z', /day .* 01 to 30/],
    ['2025-04-00T00:00:00Z', /day/],
    ['2025-13-01T00:00:00Z', /month/],
    ['2025-01-01T24:00:00Z', /hour/],
    ['2025-01-01T00:60:00Z', /minute/],
    ['2025-01-01T00:00:61Z', /second/],
    ['2025-01-01T00:00:00.1234567890Z', /9 digits/],
    ['2025-01-01T00:00:00+14:01', /offset/],
    ['2025-01-01T00:00:00-12:30', /offset/],
    ['2025-01-01T00:00:00+01:60', /offset/],
    ['2025-01-01T00:00:00', /RFC 3339/],
    ['2025-01-01t00:00:00z', /RFC 3339/],
    ['2025-01-01 00:00:00Z', /RFC 3339/],
    ['2025-01-01T00:00:00.Z', /RFC 3339/],
    ['2025-01-01T00:00:00Z ', /RFC 3339/],
    ['\u0662025-01-01T00:00:00Z', /RFC 3339/],
    ['', /RFC 3339/],
  ];
  for (const [text, message] of refused) {
    test(`refuses ${JSON.stringify(text)} and says why`, () => {
      const error = errorOf(() => parseInstant(text));
      assert.equal(error.code, 'REQUEST_INVALID');
      assert.match(error.message, message);
    });
  }
});
