import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packRecords, unpackRecords } from '../../src/cli/projections/packed-records.ts';

const stream = fc.record({ stream: fc.string(), revision: fc.nat() }, { noNullPrototype: true });
const record = fc.record(
  {
    position: fc.nat(),
    recordId: fc.string(),
    type: fc.string(),
    body: fc.string(),
    streams: fc.array(stream, { maxLength: 5 }),
  },
  { noNullPrototype: true },
);

test('records come out of their pack as they went in', () => {
  fc.assert(fc.property(fc.array(record), (records) => assert.deepEqual(unpackRecords(packRecords(records)), records)));
});
