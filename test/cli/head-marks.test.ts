import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { HeadMarks } from '../../src/cli/projections/head-marks.ts';

describe('how far a reader of the log is behind', () => {
  test('is told by the time since its position was the head, though it never stands there', () => {
    const marks = new HeadMarks(0, 0);
    for (let now = 10; now <= 10_000; now += 10) {
      marks.note(now * 5, now);
      const behind = marks.behindMs((now - 100) * 5, now * 5, now);
      if (now > 200) assert.equal(behind, 100);
    }
  });

  test('is told from the start on while a reader catches up, and is nothing at the head', () => {
    const marks = new HeadMarks(7, 1_000);
    marks.note(900, 1_001);
    marks.note(900, 5_000);
    assert.equal(marks.behindMs(800, 900, 5_000), 4_000);
    assert.equal(marks.behindMs(900, 900, 5_000), 0);
    marks.note(901, 6_000);
    assert.equal(marks.behindMs(900, 901, 6_500), 1_500, 'the head was last seen at 900 then');
  });

  test('is never less than it is, and never more than by the time between two looks, however many', () => {
    const step = fc.record({ records: fc.nat(3), waitMs: fc.integer({ min: 1, max: 20 }) });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 2, maxLength: 2_500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, at) => {
          const marks = new HeadMarks(0, 0);
          const times = [0];
          let now = 0;
          for (const { records, waitMs } of all) {
            now += waitMs;
            for (let index = 0; index < records; index++) times.push(now);
            marks.note(times.length - 1, now);
          }
          const head = times.length - 1;
          const position = Math.floor(at * head);
          const told = marks.behindMs(position, head, now);
          const real = position === head ? 0 : now - (times[position + 1] ?? now);
          assert.ok(told >= real, `${told} is less than ${real}`);
          if (all.length < 1_000 && position < head) {
            const looks = [0];
            for (const { waitMs } of all) looks.push((looks.at(-1) ?? 0) + waitMs);
            const before = looks.filter((each) => each < now - real).at(-1) ?? 0;
            assert.equal(told, now - before);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});
