import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { EventReader, type ServerEvent } from '../../console/model/event-text.ts';

const TEXT =
  'retry: 1000\nid: 7\nevent: position\ndata: 7\n\n' +
  ': a comment\r\nevent: alert\r\ndata: {"a":1}\r\ndata: second\r\n\r\n' +
  'id: 9\rdata:no space\r\rdata: cut off';
const EVENTS: readonly ServerEvent[] = [
  { id: '7', type: 'position', data: '7' },
  { id: '7', type: 'alert', data: '{"a":1}\nsecond' },
  { id: '9', type: 'message', data: 'no space' },
];

describe('server-sent events', () => {
  test('are the same wherever the body is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(TEXT.length), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.toSorted((one, other) => one - other), TEXT.length];
        const reader = new EventReader();
        const read = places.flatMap((place, index) => reader.push(TEXT.slice(places[index - 1] ?? 0, place)));
        assert.deepEqual(read, EVENTS);
      }),
    );
  });

  test('without data are none, and an id with a NUL is ignored', () => {
    const reader = new EventReader();
    assert.deepEqual(reader.push('event: alert\n\nid: a\0b\ndata: x\n\n'), [{ id: '', type: 'message', data: 'x' }]);
  });
});
