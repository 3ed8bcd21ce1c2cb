import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { draftsIn, packDrafts } from '../../src/adapters/sqlite/draft-batch.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '😀', '\u0000', '"'), maxLength: 40 });
const stream = fc.record(
  { stream: text, expectedRevision: fc.integer({ min: -1, max: 2 ** 40 }) },
  { noNullPrototype: true },
);
const draft = fc.record({
  recordId: text,
  type: text,
  body: fc.oneof(
    text,
    fc.integer({ min: 0, max: 5000 }).map((length) => '漢'.repeat(length)),
  ),
  streams: fc.array(stream, { maxLength: 6 }),
});

test('drafts come out of a batch as they went in, whatever their letters take in bytes', () => {
  fc.assert(
    fc.property(fc.array(draft, { maxLength: 20 }), fc.nat(), (drafts, answeredCount) => {
      const unpacked = [...draftsIn(packDrafts(drafts, answeredCount))].map(({ body, names, expected, ...rest }) => ({
        ...rest,
        body: body.toString(),
        streams: names.map((name, index) => ({ stream: name, expectedRevision: expected[index] })),
      }));
      assert.deepEqual(
        unpacked,
        drafts.map((each) => ({ ...each, answeredCount })),
      );
    }),
  );
});
