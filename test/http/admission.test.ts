import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Admission, type AdmissionLimits } from '../../src/http/admission.ts';
import { ManualClock } from './fixtures.ts';

const LIMITS: AdmissionLimits = { targetMs: 50, intervalMs: 500, sampleMs: 20, delayMsMax: 1000, inFlightMax: 10 };

function rig(): { clock: ManualClock; admission: Admission; pending: { ms: number }; samples: number[] } {
  const clock = new ManualClock();
  const pending = { ms: 0 };
  const samples: number[] = [];
  const admission = new Admission(
    clock,
    LIMITS,
    () => pending.ms,
    (delayMs) => samples.push(delayMs),
  );
  admission.start();
  return { clock, admission, pending, samples };
}

function admittedOf(admission: Admission, count: number): number {
  let admitted = 0;
  for (let call = 0; call < count; call++) if (admission.admit()) admitted++;
  return admitted;
}

describe('Admission', () => {
  test('takes everything while the queue delay stays below the target', () => {
    const { clock, admission, pending } = rig();
    pending.ms = 49;
    clock.advance(60_000);
    assert.equal(admission.share, 0);
    assert.equal(admittedOf(admission, 1000), 1000);
  });

  test('lets a burst pass: one good sample in an interval is enough', () => {
    const { clock, admission, pending } = rig();
    for (let interval = 0; interval < 20; interval++) {
      pending.ms = 400;
      clock.advance(440);
      pending.ms = 10;
      clock.advance(60);
    }
    assert.equal(admission.share, 0);
  });

  test('sheds ever more of a queue that stands, and never all of it', () => {
    const { clock, admission, pending } = rig();
    pending.ms = 200;
    const shares: number[] = [];
    for (let interval = 0; interval < 30; interval++) {
      clock.advance(520);
      shares.push(admission.share);
    }
    assert.ok(shares.every((share, index) => index === 0 || share >= (shares[index - 1] ?? 0)));
    assert.ok((shares.at(-1) ?? 0) > 0.9 && (shares.at(-1) ?? 1) < 1);
    assert.ok(admittedOf(admission, 1000) > 0);
  });

  test('sheds nothing before the delay has stood for a whole interval', () => {
    const { clock, admission, pending } = rig();
    pending.ms = 200;
    clock.advance(LIMITS.intervalMs - LIMITS.sampleMs);
    assert.equal(admission.share, 0);
  });

  test('takes everything again soon after the queue is gone', () => {
    const { clock, admission, pending } = rig();
    pending.ms = 200;
    clock.advance(20_000);
    pending.ms = 0;
    clock.advance(10 * 520);
    assert.equal(admission.share, 0);
    assert.equal(admittedOf(admission, 100), 100);
  });

  test('sheds evenly: of any run of requests, the share that it says', () => {
    const { clock, admission, pending } = rig();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 500 }), (intervals, count) => {
        pending.ms = 0;
        clock.advance(20_000);
        pending.ms = 200;
        clock.advance(intervals * 520);
        const expected = count * (1 - admission.share);
        assert.ok(Math.abs(admittedOf(admission, count) - expected) <= 1.000001);
      }),
    );
  });

  test('takes nothing while the delay is at its bound, and something again when it is not', () => {
    const { clock, admission, pending } = rig();
    pending.ms = 1000;
    clock.advance(20);
    assert.equal(admission.share, 1);
    assert.equal(admittedOf(admission, 100), 0);
    pending.ms = 0;
    clock.advance(20);
    assert.equal(admission.share, 0);
    assert.equal(admittedOf(admission, 100), 100);
  });

  test('measures the event loop by the lateness of its own timer', () => {
    const { clock, admission, samples } = rig();
    clock.advance(20_000, 80);
    assert.ok(samples.every((delayMs) => delayMs === 80));
    assert.ok(samples.length > 100);
    assert.equal(admission.delayMs, 80);
    assert.ok(admission.share > 0.5);
  });

  test('asks a client to wait longer the more is shed, between 1 and 5 s', () => {
    const { clock, admission, pending } = rig();
    assert.equal(admission.retryAfterS(), 1);
    pending.ms = 200;
    clock.advance(20_000);
    const standing = admission.retryAfterS();
    assert.ok(standing > 1 && standing <= 5);
    pending.ms = 5000;
    clock.advance(20);
    assert.equal(admission.retryAfterS(), 5);
  });

  test('measures nothing after its end', () => {
    const { clock, admission, pending, samples } = rig();
    pending.ms = 5000;
    clock.advance(1000);
    admission.stop();
    const count = samples.length;
    clock.advance(1000);
    assert.equal(samples.length, count);
    assert.equal(admission.admit(), true);
  });
});
