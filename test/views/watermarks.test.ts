import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
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

  test('is what the definition says of any events of any producers, restarts or none', () => {
    const event = fc.tuple(fc.constantFrom('', 'a', 'b', 'c', 'd', 'e'), fc.nat(5000), fc.nat(400), fc.boolean());
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        let watermark = new Watermark(SPEC, null);
        const producers = new Map<string, { latestMs: number; recordedMs: number }>();
        let [nowMs, expected] = [0, 0];
        for (const [name, atMs, laterMs, isRestarted] of events) {
          const recordedMs = nowMs + laterMs - 100;
          nowMs = Math.max(nowMs, recordedMs);
          const before = producers.get(name) ?? { latestMs: atMs, recordedMs };
          const latestMs = Math.max(before.latestMs, atMs);
          producers.set(name, { latestMs, recordedMs: Math.max(before.recordedMs, recordedMs) });
          const active = [...producers.values()].filter((one) => nowMs - one.recordedMs <= SPEC.idleAfterMs);
          expected = Math.max(expected, Math.min(...active.map((one) => one.latestMs)) - SPEC.outOfOrdernessMs);
          watermark.take(name, atMs, recordedMs);
          assert.equal(watermark.watermarkMs, expected);
          if (isRestarted) watermark = new Watermark(SPEC, JSON.parse(JSON.stringify(watermark.encode())));
        }
      }),
    );
  });

  test('goes on where more producers have come and gone than are followed', () => {
    const watermark = new Watermark(SPEC, null);
    for (let index = 0; index < 1_000; index++) watermark.take(`p${index}`, 100, 500);
    watermark.take('one too many', 50, 500);
    assert.equal(watermark.watermarkMs, 90, 'while all are at work, one more is not waited for');
    watermark.take('new', 700, 1501);
    assert.equal(watermark.watermarkMs, 690);
    assert.deepEqual(watermark.encode().producers, [['new', 700, 1501]]);
  });
});
