import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { settledCount } from '../../src/adapters/kafka/settle-in-order.ts';
import type { InboundMessage } from '../../src/ports/message-bus.ts';

function message(key: string, at: number): InboundMessage {
  return { topic: 't', partition: 0, offset: String(at), key, value: new Uint8Array(), headers: {} };
}

describe('messages of a partition', () => {
  test('come in the order of each key, one of it at a time, as a later one might be quicker', async () => {
    const order: string[] = [];
    let hotUnderWay = 0;
    let hotMost = 0;
    const messages = Array.from({ length: 500 }, (_, at) => message(at % 5 === 0 ? `cold-${at % 3}` : 'hot', at));
    const settled = await settledCount(messages, async ({ key, offset }) => {
      if (key === 'hot') hotMost = Math.max(hotMost, ++hotUnderWay);
      // Some take longer than those behind them.
      for (let turns = Number(offset) % 7; turns > 0; turns--) await Promise.resolve();
      order.push(`${key} ${offset}`);
      if (key === 'hot') hotUnderWay--;
    });
    assert.equal(settled, 500);
    assert.equal(hotMost, 1);
    for (const key of ['hot', 'cold-0', 'cold-1', 'cold-2']) {
      const own = order.filter((each) => each.startsWith(`${key} `)).map((each) => Number(each.split(' ')[1]));
      assert.deepEqual(
        own,
        own.toSorted((left, right) => left - right),
      );
    }
  });

  test('leave room for other events of the process, however many may be handed over at once', async () => {
    let handed = 0;
    let handedInFirstTurn = 0;
    setImmediate(() => {
      handedInFirstTurn = handed;
    });
    const messages = Array.from({ length: 500 }, (_, at) => message(`key-${at}`, at));
    const settled = await settledCount(messages, async () => {
      handed++;
    });
    assert.equal(settled, 500);
    assert.ok(handedInFirstTurn > 0 && handedInFirstTurn < 500, `${handedInFirstTurn} of 500 came in one turn`);
  });

  test('count as settled up to the first that was not, whatever fails', async () => {
    const cases = fc.record({
      keys: fc.array(fc.constantFrom('', 'a', 'b', 'c'), { maxLength: 400 }),
      failing: fc.uniqueArray(fc.nat(399), { maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ keys, failing }) => {
        const handled = new Set<number>();
        const settled = await settledCount(
          keys.map((key, at) => message(key, at)),
          async ({ offset }) => {
            const at = Number(offset);
            if (failing.includes(at)) throw new Error('not now');
            handled.add(at);
          },
        );
        assert.ok(settled <= keys.length);
        for (let at = 0; at < settled; at++) assert.ok(handled.has(at), `${at} of ${settled} was not handled`);
        if (failing.every((at) => at >= keys.length)) assert.equal(settled, keys.length);
        else assert.ok(settled < keys.length && !handled.has(settled));
        for (const at of failing) {
          const key = keys[at] ?? '';
          if (key !== '') assert.ok(keys.every((each, other) => each !== key || other < at || !handled.has(other)));
        }
      }),
      { numRuns: 200 },
    );
  });
});
