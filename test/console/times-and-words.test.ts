import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { boundsOf, isoOfInput, localText, rangeEndMs, spanText, utcText } from '../../console/model/times.ts';
import { moneyText, shareText, shortText, titleText, valueText } from '../../console/model/wording.ts';

const NOON = '2026-01-31T12:00:00.000Z';
const NOON_MS = Date.parse(NOON);

describe('times', () => {
  test('are shown in the zone of the viewer, and in UTC for logs', () => {
    assert.equal(localText(NOON, 'Asia/Kolkata'), '31 Jan 2026 17:30:00');
    assert.equal(localText(NOON, 'America/New_York'), '31 Jan 2026 07:00:00');
    assert.equal(utcText(NOON), '2026-01-31 12:00:00.000 UTC');
    assert.equal(localText('no time'), '');
    assert.equal(utcText('no time'), '');
  });

  test('of a range end with the present, or with the newest event where that is old', () => {
    assert.deepEqual(rangeEndMs(NOON, NOON_MS + 1_000), { endMs: NOON_MS + 1_000, isStale: false });
    assert.deepEqual(rangeEndMs(NOON, NOON_MS + 86_400_000), { endMs: NOON_MS, isStale: true });
    assert.deepEqual(rangeEndMs(null, NOON_MS), { endMs: NOON_MS, isStale: false });
  });

  test('of a range are ten minutes, an hour, a day, all, or what was chosen', () => {
    const custom = { from: '2026-01-01T00:00:00.000Z', to: NOON };
    assert.deepEqual(boundsOf('10m', custom, NOON_MS), { from: '2026-01-31T11:50:00.000Z', to: '' });
    assert.deepEqual(boundsOf('1h', custom, NOON_MS), { from: '2026-01-31T11:00:00.000Z', to: '' });
    assert.deepEqual(boundsOf('24h', custom, NOON_MS), { from: '2026-01-30T12:00:00.000Z', to: '' });
    assert.deepEqual(boundsOf('all', custom, NOON_MS), { from: '', to: '' });
    assert.deepEqual(boundsOf('custom', custom, NOON_MS), custom);
  });

  test('of an input are those of the viewer; none is none', () => {
    assert.equal(Date.parse(isoOfInput('2026-01-31T12:00')), new Date(2026, 0, 31, 12).getTime());
    assert.equal(isoOfInput(''), '');
  });

  test('between two are told in two units at most', () => {
    const told = [0, 59_999, 61_000, 3_600_000, 90_061_000].map(spanText);
    assert.deepEqual(told, ['0 s', '59 s', '1 min 1 s', '1 h', '1 d 1 h']);
  });
});

describe('words', () => {
  test('for money have the digits of its currency', () => {
    assert.equal(moneyText(123_456, 'EUR'), 'EUR 1,234.56');
    assert.equal(moneyText(123_456, 'JPY'), 'JPY 123,456');
    assert.equal(moneyText(123_456, 'BHD'), 'BHD 123.456');
    assert.equal(moneyText(5, 'not a currency'), '5 not a currency');
  });

  test('for a share of nothing are a dash', () => {
    assert.equal(shareText(0, 0), '–');
    assert.equal(shareText(1, 8), '12.5%');
  });

  test('for values keep what tells them apart', () => {
    assert.deepEqual([11_648.225430535815, 3, true, 'x', null, '', [1, 2]].map(valueText), [
      '11648.2',
      '3',
      'true',
      'x',
      '–',
      '–',
      '[1,2]',
    ]);
  });

  test('are cut in the middle, where ids differ least', () => {
    assert.equal(shortText('tok_1234567890_abcdef', 12), 'tok_1234…def');
    assert.equal(shortText('short', 12), 'short');
    assert.equal(titleText('at_risk'), 'At risk');
  });
});
