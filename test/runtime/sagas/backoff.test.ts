import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PAUSE_MS_MAX, pauseAfter } from '../../../src/runtime/sagas/backoff.ts';

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the pause after failed attempts', () => {
  test('doubles from half a second to ten minutes, half of it at random', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), share, (attempts, random) => {
        const whole = Math.min(PAUSE_MS_MAX, 500 * 2 ** (attempts - 1));
        const pauseMs = pauseAfter(attempts, random);
        assert.ok(pauseMs >= whole / 2 && pauseMs <= whole, `${pauseMs} of ${whole}`);
        assert.ok(Math.abs(pauseMs - whole * (0.5 + random / 2)) <= 1);
      }),
    );
    assert.equal(PAUSE_MS_MAX, 600_000);
  });
});
