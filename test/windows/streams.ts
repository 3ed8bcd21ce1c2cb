import fc from 'fast-check';
import type { FeatureSpec } from '../../src/domain/features.ts';
import type { OracleEvent } from './oracle.ts';

const places = fc.constantFrom<[number, number]>([48.2, 16.4], [-33.9, 151.2], [40.7, -74], [0, 180], [NaN, NaN]);

/** Small amounts, which repeat, and any, below zero too. */
export const ANY_AMOUNTS = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: -100_000, max: 10_000_000 }));

/** Events from a little before 1970 on. */
export function events(
  spanMs: number,
  minLength: number,
  maxLength: number,
  amounts: fc.Arbitrary<number> = ANY_AMOUNTS,
): fc.Arbitrary<OracleEvent[]> {
  const one = fc.record({
    atMs: fc.integer({ min: -200, max: spanMs }),
    on: fc.constantFrom<FeatureSpec['on']>('transaction', 'transaction', 'transaction', 'login'),
    flag: fc.boolean(),
    outcome: fc.constantFrom<OracleEvent['outcome']>('approved', 'declined', null),
    amount: amounts,
    values: fc.record({
      merchantId: fc.integer({ min: 0, max: 40 }),
      country: fc.integer({ min: 0, max: 3 }),
      deviceId: fc.integer({ min: 0, max: 6 }),
    }),
    place: places,
  });
  return fc
    .array(one, { minLength, maxLength })
    .map((list) => list.map(({ place, ...rest }) => ({ ...rest, latitude: place[0], longitude: place[1] })));
}

/** Mostly in order, so that windows fill, slide and empty; some swapped, some repeated as they are. */
export function streamsOf(amounts: fc.Arbitrary<number> = ANY_AMOUNTS): fc.Arbitrary<OracleEvent[]> {
  return fc
    .tuple(
      fc.oneof(events(300, 0, 60, amounts), events(6000, 0, 120, amounts), events(20_000, 100, 200, amounts)),
      fc.constantFrom('any order', 'by time', 'nearly by time'),
      fc.array(fc.nat(), { maxLength: 5 }),
    )
    .map(([list, order, repeats]) => {
      const repeated = [...list, ...repeats.flatMap((index) => list.slice(index % (list.length + 1)).slice(0, 1))];
      if (order === 'any order') return repeated;
      const jitter = (one: OracleEvent) => (order === 'by time' ? 0 : (Math.abs(one.amount) * 7) % 100);
      return repeated.sort((left, right) => left.atMs + jitter(left) - right.atMs - jitter(right));
    });
}

/** A stream and the same events in another order, none of which comes more than `latenessMs` after a later one. */
export function shuffledWithin(
  latenessMs: number,
  streams: fc.Arbitrary<OracleEvent[]>,
): fc.Arbitrary<[OracleEvent[], OracleEvent[]]> {
  return streams
    .chain((stream) =>
      fc.tuple(
        fc.constant(stream),
        fc.array(fc.nat({ max: latenessMs }), { minLength: stream.length, maxLength: stream.length }),
      ),
    )
    .map(([stream, delays]) => {
      const sorted = [...stream].sort((left, right) => left.atMs - right.atMs);
      const arrivals = sorted.map((one, index) => ({ one, at: one.atMs + (delays[index] ?? 0) }));
      return [sorted, arrivals.sort((left, right) => left.at - right.at).map(({ one }) => one)];
    });
}
