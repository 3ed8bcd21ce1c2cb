import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Row } from '../../src/domain/views.ts';
import { expectedRows, shownHops } from './view-oracle.ts';
import { type RigEvent, rulesetWithViews, ViewRig, viewsOf } from './view-rig.ts';

const START_MS = Date.UTC(2026, 0, 31);
const AGGREGATES = `
      n: count
      n_b: { aggregate: count, where: event.type == "b" }
      total: sum(event.amountMinor)
      mean: mean(event.amountMinor)
      low: min(event.amountMinor)
      high: max(event.amountMinor)
      spread: stddev(event.amountMinor)
      variance: variance(event.amountMinor)
      places: distinct(event.country)
      earliest: first(event.country)
      latest: last(event.amountMinor)
      slope: rate_of_change(event.amountMinor)
      middle: quantile(event.amountMinor, 0.5)
      share: ratio(n_b, n)`;

/** Disorder of up to a minute: half of it by the watermark, half of it by the lateness. */
const TIME = 'event_time: { out_of_orderness: 30s, lateness: 30s, late: drop }';
const DISORDER_MS = 60_000;

const WINDOWS = [
  'tumbling 10s',
  'tumbling 1m',
  'hopping 1m every 10s',
  'hopping 25s every 10s',
  'hopping 2m every 1s',
  'sliding 20s',
  'sliding 4m',
  'session 5s',
  'unbounded',
];

function viewOf(window: string, emit: string, extra = '') {
  const [view] = viewsOf(
    rulesetWithViews(
      `  v:\n    from: transaction\n    group_by: cardId\n    window: ${window}\n    emit: ${emit}\n` +
        `    aggregates:${AGGREGATES}\n${extra}`,
      '',
      TIME,
    ),
  );
  assert.ok(view !== undefined);
  return view;
}

/** Times on a coarse grid, so that edges and equal times are common. */
const event = fc
  .record({
    atMs: fc.oneof(
      fc.nat(240).map((steps) => START_MS + steps * 1000),
      fc.nat(240_000).map((ms) => START_MS + ms),
    ),
    cardId: fc.constantFrom('a', 'b', ''),
    amountMinor: fc.nat(100_000_000),
    country: fc.constantFrom('DE', 'FR', 'IT', ''),
    type: fc.constantFrom('b', 'c'),
  })
  .map(({ atMs, ...row }) => ({ atMs, row: { ...row, source: 'transaction' } as Row }));

/** Events, and an order of arrival in which none comes more than the disorder after a later one. */
const arrival = fc
  .array(fc.record({ event, delayMs: fc.nat(DISORDER_MS) }), { minLength: 1, maxLength: 60 })
  .map((drawn) => {
    const events = drawn.map((each, index) => ({ ...each, event: { ...each.event, id: `e${index}` } }));
    const arrived = [...events].sort(
      (left, right) => left.event.atMs + left.delayMs - right.event.atMs - right.delayMs,
    );
    return arrived.map((each): RigEvent => each.event);
  });

/** An event that closes every window of the others, in a group of its own. */
const CLOSING: RigEvent = {
  id: 'z',
  atMs: START_MS + 10 * 240_000,
  row: { cardId: 'z', amountMinor: 1, country: 'ZZ', type: 'c' },
};

function rowsOf(rig: ViewRig): ReadonlyMap<string, Row> {
  return new Map([...rig.rows].map(([id, { row }]) => [id, row]));
}

function assertSameRows(actual: ReadonlyMap<string, Row>, expected: ReadonlyMap<string, Row>): void {
  assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort());
  for (const [id, row] of expected) {
    for (const [column, value] of Object.entries(row)) {
      const found = actual.get(id)?.[column];
      if (typeof value !== 'number' || Number.isNaN(value)) assert.deepEqual(found, value, `${id} ${column}`);
      else {
        const tolerance = column === 'middle' ? 0.0101 : 1e-9;
        const difference = Math.abs(Number(found) - value);
        assert.ok(difference <= tolerance * Math.max(1e-3, Math.abs(value)), `${id} ${column}: ${found} for ${value}`);
      }
    }
  }
}

describe('a view', () => {
  for (const window of WINDOWS) {
    test(`with ${window}: rows as the definitions have them, whatever the order within the lateness`, () => {
      const view = viewOf(window, 'changes');
      fc.assert(
        fc.property(arrival, (events) => {
          const rig = new ViewRig(view);
          for (const each of events) rig.take(each);
          assert.equal(rig.late, 0);
          const expected = shownHops(
            view,
            expectedRows(view, events, () => true),
            events,
            rig.watermarkMs,
          );
          assertSameRows(rowsOf(rig), expected);
        }),
        { numRuns: 60 },
      );
    });

    test(`with ${window}: the same state, bit for bit, as in the order of time`, () => {
      const view = viewOf(window, 'changes');
      fc.assert(
        fc.property(arrival, fc.nat(60), (events, restartAt) => {
          const arrived = new ViewRig(view);
          const sorted = new ViewRig(view);
          for (const [index, each] of events.entries()) {
            if (index === restartAt) arrived.restart();
            arrived.take(each);
          }
          const inOrder = events.toSorted((left, right) => left.atMs - right.atMs || (left.id < right.id ? -1 : 1));
          for (const each of inOrder) sorted.take(each);
          for (const rig of [arrived, sorted]) rig.take(CLOSING);
          assert.equal(arrived.state(), sorted.state());
        }),
        { numRuns: 60 },
      );
    });
  }

  for (const window of WINDOWS.filter((name) => name !== 'unbounded')) {
    test(`with ${window} that is shown when it closes: each row once, as the definitions have it`, () => {
      const view = viewOf(window, 'final');
      fc.assert(
        fc.property(arrival, fc.nat(60), (events, restartAt) => {
          const rig = new ViewRig(view);
          for (const [index, each] of events.entries()) {
            if (index === restartAt) rig.restart();
            rig.take(each);
          }
          rig.take(CLOSING);
          assert.equal(rig.late, 0);
          assert.equal(new Set(rig.changes.map(({ rowId }) => rowId)).size, rig.changes.length);
          const expected = expectedRows(view, events, () => true);
          assertSameRows(rowsOf(rig), expected);
        }),
        { numRuns: 40 },
      );
    });
  }

  test('with having shows the rows that meet it, and takes them away when they do no longer', () => {
    const view = viewOf('tumbling 10s', 'changes', '    having: row.mean < 50000000.0\n');
    fc.assert(
      fc.property(arrival, (events) => {
        const rig = new ViewRig(view);
        for (const each of events) rig.take(each);
        const expected = expectedRows(view, events, (row) => Number(row.mean) < 50_000_000);
        assert.deepEqual([...rig.rows.keys()].sort(), [...expected.keys()].sort());
      }),
      { numRuns: 60 },
    );
  });
});
