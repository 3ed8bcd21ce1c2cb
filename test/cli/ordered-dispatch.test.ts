import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { OrderedDispatch } from '../../src/cli/traffic/ordered-dispatch.ts';

type Item = { readonly number: number; readonly keys: readonly string[] };
type Open = { readonly item: Item; readonly answer: (value: number) => void; readonly fail: (error: Error) => void };

/** A transport whose answers come when, and in the order in which, the test says. */
class ManualTransport {
  readonly open: Open[] = [];
  readonly sent: Item[] = [];
  mostOpen = 0;

  readonly send = (item: Item): Promise<number> => {
    this.sent.push(item);
    return new Promise((resolve, reject) => {
      const close = (): void => {
        this.open.splice(
          this.open.findIndex((candidate) => candidate.item === item),
          1,
        );
      };
      this.open.push({
        item,
        answer: (value) => {
          close();
          resolve(value);
        },
        fail: (error) => {
          close();
          reject(error);
        },
      });
      this.mostOpen = Math.max(this.mostOpen, this.open.length);
    });
  };
}

/** Lets all promises that can go on do so. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const keysArbitrary = fc.uniqueArray(fc.constantFrom('card-1', 'card-2', 'card-3', 'ip-1', 'ip-2', 'device-1'), {
  maxLength: 3,
});

describe('OrderedDispatch', () => {
  test('keeps the order of every entity under any delays, and of the answers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(keysArbitrary, { maxLength: 40 }),
        fc.integer({ min: 1, max: 8 }),
        fc.infiniteStream(fc.nat()),
        async (keyLists, concurrency, choices) => {
          const transport = new ManualTransport();
          const handedOut: number[] = [];
          const answered = new Set<number>();
          const dispatch = new OrderedDispatch<Item, number>({
            concurrency,
            lookahead: 1000,
            send: (item) => {
              for (let earlier = 0; earlier < item.number; earlier++) {
                const shares = keyLists[earlier]?.some((key) => item.keys.includes(key)) === true;
                assert.ok(!shares || answered.has(earlier), `${item.number} overtook ${earlier}`);
              }
              return transport.send(item);
            },
            onAnswer: (item, value) => {
              assert.equal(value, item.number * 2);
              handedOut.push(item.number);
            },
          });
          let pushed = 0;
          while (pushed < keyLists.length || transport.open.length > 0) {
            const choice: number = choices.next().value ?? 0;
            const keys = keyLists[pushed];
            if (keys !== undefined && (choice % 3 > 0 || transport.open.length === 0)) {
              dispatch.push({ number: pushed++, keys });
              continue;
            }
            const next = transport.open[choice % transport.open.length];
            if (next === undefined) break;
            answered.add(next.item.number);
            next.answer(next.item.number * 2);
            await settle();
          }
          await dispatch.drained();
          assert.deepEqual(handedOut, [...keyLists.keys()]);
          assert.ok(transport.mostOpen <= concurrency);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('sends what shares nothing at once', async () => {
    const transport = new ManualTransport();
    const dispatch = new OrderedDispatch<Item, number>({
      concurrency: 3,
      lookahead: 10,
      send: transport.send,
      onAnswer: () => {},
    });
    for (let number = 0; number < 5; number++) dispatch.push({ number, keys: [`card-${number}`] });
    await settle();
    assert.deepEqual(
      transport.sent.map(({ number }) => number),
      [0, 1, 2],
    );
  });

  test('has no room while as many as the lookahead are pending', async () => {
    const transport = new ManualTransport();
    const dispatch = new OrderedDispatch<Item, number>({
      concurrency: 8,
      lookahead: 2,
      send: transport.send,
      onAnswer: () => {},
    });
    dispatch.push({ number: 0, keys: ['card-1'] });
    await dispatch.room();
    dispatch.push({ number: 1, keys: ['card-2'] });
    let hasRoom = false;
    const room = dispatch.room().then(() => {
      hasRoom = true;
    });
    await settle();
    assert.equal(hasRoom, false);
    transport.open[0]?.answer(0);
    await room;
    assert.equal(dispatch.pending, 1);
  });

  test('stops at the first failure and tells it to everyone who waits', async () => {
    const transport = new ManualTransport();
    const dispatch = new OrderedDispatch<Item, number>({
      concurrency: 1,
      lookahead: 10,
      send: transport.send,
      onAnswer: () => {},
    });
    dispatch.push({ number: 0, keys: [] });
    dispatch.push({ number: 1, keys: [] });
    const drained = dispatch.drained();
    transport.open[0]?.fail(new Error('gone'));
    await assert.rejects(drained, /gone/);
    assert.throws(() => dispatch.push({ number: 2, keys: [] }), /gone/);
    assert.equal(transport.sent.length, 1);
  });
});
