import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventTimeSpec } from '../../src/domain/views.ts';
import { Watermark } from '../../src/views/mod.ts';

const SPEC: EventTimeSpec = { outOfOrdernessMs: 10, latenessMs: 0, late: 'drop', idleAfterMs: 1000 };

describe('a watermark', () => {
  test('is the largest event time less the out-of-orderness, and never goes back', () => {
    const watermark = new Watermark(SPEC, null);
    assert.equal(watermark.watermarkMs, 0);
    for (const [atMs, expected] of [
      [100, 90],
      [95, 90],
      [100, 90],
      [101, 91],
    ] as const) {
      watermark.take('a', atMs, 500);
      assert.equal(watermark.watermarkMs, expected);
    }
  });

  test('waits for the slowest producer', () => {
    const watermark = new Watermark(SPEC, null);
    watermark.take('a', 100, 500);
    watermark.take('b', 50, 500);
    assert.equal(watermark.watermarkMs, 90, 'one that comes later takes nothing back');
    watermark.take('a', 300, 510);
    assert.equal(watermark.watermarkMs, 90);
    watermark.take('b', 200, 520);
    assert.equal(watermark.watermarkMs, 190);
  });

  test('waits no longer for a producer that has fallen idle, by the time of recording', () => {
    const watermark = new Watermark(SPEC, null);
    watermark.take('a', 100, 500);
    watermark.take('b', 100, 500);
    watermark.take('a', 900, 1500);
    assert.equal(watermark.watermarkMs, 90, 'idle after more than a second, not at it');
    watermark.take('a', 950, 1501);
    assert.equal(watermark.watermarkMs, 940);
    watermark.take('b', 120, 1600);
    assert.equal(watermark.watermarkMs, 940);
  });

  test('goes on after a restart as if there had been none', () => {
    const [whole, first] = [new Watermark(SPEC, null), new Watermark(SPEC, null)];
    for (const each of [whole, first]) {
      each.take('a', 100, 500);
      each.take('b', 60, 501);
    }
    const second = new Watermark(SPEC, first.encode());
    for (const each of [whole, second]) {
      each.take('b', 400, 502);
      each.take('a', 300, 503);
    }
    assert.equal(second.watermarkMs, whole.watermarkMs);
    assert.deepEqual(second.encode(), whole.encode());
  });
});
