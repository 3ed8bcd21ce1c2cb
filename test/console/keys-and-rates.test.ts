import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gainedWithin, totalsOf } from '../../console/model/rates.ts';
import { ShortcutReader } from '../../console/model/shortcuts.ts';

function press(reader: ShortcutReader, key: string, { isTyping = false, ctrlKey = false } = {}): string {
  return reader.read({ key, ctrlKey, metaKey: false, altKey: false }, isTyping);
}

describe('shortcuts', () => {
  test('of two keys wait for the second', () => {
    const reader = new ShortcutReader();
    assert.deepEqual([press(reader, 'g'), press(reader, 'a')], ['', 'g a']);
    assert.deepEqual([press(reader, 'a'), press(reader, '?')], ['', '?']);
  });

  test('forget a first key that another one follows', () => {
    const reader = new ShortcutReader();
    assert.deepEqual([press(reader, 'g'), press(reader, 'x'), press(reader, 'a')], ['', '', '']);
  });

  test('leave keys to fields and to the browser', () => {
    const reader = new ShortcutReader();
    assert.equal(press(reader, '?', { isTyping: true }), '');
    assert.equal(press(reader, 't', { ctrlKey: true }), '');
    press(reader, 'g');
    press(reader, 'a', { isTyping: true });
    assert.equal(press(reader, 'a'), '');
  });
});

describe('rates', () => {
  const point = { at: '', fallbacks: 0, alerts: 1, amount: 0, amountDeclined: 0, challenged: 0, reviewed: 0 };
  const totals = (approved: number, declined: number) =>
    totalsOf([
      { ...point, decisions: approved + declined, approved, declined },
      { ...point, decisions: 1, approved: 1, declined: 0 },
    ]);

  test('are what came since the oldest look within the span', () => {
    const sightings = [
      { atMs: 0, totals: totals(1, 0) },
      { atMs: 50_000, totals: totals(5, 1) },
      { atMs: 100_000, totals: totals(25, 3) },
    ];
    const gained = gainedWithin(sightings, 60_000);
    assert.equal(gained?.atMs, 50_000);
    assert.deepEqual([gained?.totals.decisions, gained?.totals.approved, gained?.totals.declined], [22, 20, 2]);
  });

  test('are unknown after one look', () => {
    assert.equal(gainedWithin([], 60_000), null);
    assert.equal(gainedWithin([{ atMs: 5, totals: totals(1, 1) }], 60_000), null);
  });
});
