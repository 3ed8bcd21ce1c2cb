import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type RigEvent, rulesetWithViews, ViewRig, viewsOf } from './view-rig.ts';

const START_MS = Date.UTC(2026, 0, 31);

function rigOf(window: string, fields = ''): ViewRig {
  const time = 'event_time: { out_of_orderness: 0s, lateness: 10s, late: drop }';
  const text = `  v: { from: login, window: ${window}, aggregates: { n: count, ips: distinct(event.ip) }${fields} }`;
  const [view] = viewsOf(rulesetWithViews(text, '', time));
  assert.ok(view !== undefined);
  return new ViewRig(view);
}

function login(seconds: number, ip = '192.0.2.1'): RigEvent {
  return { id: `${seconds} ${ip}`, atMs: START_MS + seconds * 1000, row: { ip, status: 'failed' } };
}

/** Start, end and count of every row, in seconds after the start. */
function rowsOf(rig: ViewRig): unknown[] {
  return [...rig.rows.values()]
    .map(({ row }) => [(Number(row.window_start) - START_MS) / 1000, (Number(row.window_end) - START_MS) / 1000, row.n])
    .sort(([left], [right]) => Number(left) - Number(right));
}

describe('an event', () => {
  test('exactly on an edge belongs to the tumbling window that starts there', () => {
    const rig = rigOf('tumbling 10s');
    for (const seconds of [9.999, 10, 19.999]) rig.take(login(seconds));
    assert.deepEqual(rowsOf(rig), [
      [0, 10, 1],
      [10, 20, 2],
    ]);
  });

  test('belongs to every hopping window that holds it, and to none that ends at it', () => {
    const rig = rigOf('hopping 10s every 5s');
    rig.take(login(10));
    assert.deepEqual(rowsOf(rig), [[5, 15, 1]], 'the one that began first at once');
    rig.take(login(30));
    assert.deepEqual(rowsOf(rig).slice(0, 2), [
      [5, 15, 1],
      [10, 20, 1],
    ]);
  });

  test('in order changes one row of a hopping window, and one that is behind one for each hop between', () => {
    const rig = rigOf('hopping 1m every 1s');
    const changed = (seconds: number): unknown[] => {
      const before = rig.changes.length;
      rig.take(login(seconds));
      const starts = rig.changes.slice(before).map(({ after }) => Number(after?.window_start) - START_MS);
      return starts.filter((startMs) => startMs > seconds * 1000 - 60_000).map((startMs) => startMs / 1000);
    };
    assert.deepEqual(changed(100), [41]);
    assert.deepEqual(changed(100.5), [41]);
    assert.deepEqual(changed(102), [43]);
    assert.deepEqual(changed(103), [44]);
    assert.deepEqual(changed(100.2), [41, 43, 44]);
  });

  test('as old as a sliding window is outside of it', () => {
    const rig = rigOf('sliding 10s');
    for (const seconds of [0, 9.999, 10]) rig.take(login(seconds));
    assert.deepEqual(rowsOf(rig), [
      [-10, 0, 1],
      [-0.001, 9.999, 2],
      [0, 10, 2],
    ]);
  });

  test('that comes exactly after the gap still belongs to the session, and a later one does not', () => {
    const rig = rigOf('session 10s');
    for (const seconds of [0, 10, 20.001]) rig.take(login(seconds));
    assert.deepEqual(rowsOf(rig), [
      [0, 20, 2],
      [20.001, 30.001, 1],
    ]);
  });

  test('between two sessions makes them one, and the row of the second goes', () => {
    const rig = rigOf('session 10s');
    for (const seconds of [0, 15, 8]) rig.take(login(seconds));
    assert.deepEqual(rowsOf(rig), [[0, 25, 3]]);
    const last = rig.changes.at(-1);
    assert.deepEqual(last?.replaced, [JSON.stringify([START_MS + 15_000])]);
  });

  test('after a gap of a year opens a window of its own and leaves none between', () => {
    const rig = rigOf('hopping 1m every 10s');
    const year = 365 * 24 * 3600;
    for (const seconds of [0, year]) rig.take(login(seconds));
    assert.equal(rig.rows.size, 7, 'all of the first event, which have closed, and the first of the second');
    rig.flush();
    assert.equal(rig.panes.size, 1, 'what is over is let go');
  });

  test('before a window closes counts, at the moment it closes is late', () => {
    const rig = rigOf('tumbling 10s');
    rig.take(login(1));
    rig.take(login(19.999));
    rig.take(login(2));
    assert.deepEqual([rig.late, rowsOf(rig)[0]], [0, [0, 10, 2]]);
    rig.take(login(20));
    rig.take(login(3));
    assert.deepEqual([rig.late, rig.dropped, rowsOf(rig)[0]], [1, 1, [0, 10, 2]]);
  });

  test('that is late for one hopping window is taken by those that are open', () => {
    const rig = rigOf('hopping 20s every 10s');
    rig.take(login(30));
    rig.take(login(15));
    assert.deepEqual([rig.late, rig.dropped], [1, 0]);
    assert.deepEqual(rowsOf(rig)[0], [10, 30, 1]);
  });

  test('taken back leaves no trace', () => {
    const rig = rigOf('hopping 20s every 10s');
    rig.take(login(30));
    const before = rig.state();
    rig.take(login(31, '192.0.2.9'));
    rig.takeBack(login(31, '192.0.2.9'));
    assert.deepEqual(rowsOf(rig), [[20, 40, 1]]);
    assert.equal(JSON.parse(rig.state())[0].length, JSON.parse(before)[0].length);
  });

  test('in a burst that straddles an edge is caught by the sliding window, and missed by the tumbling one', () => {
    const burst = [55, 57, 62, 64].map((seconds, index) => login(seconds, `192.0.2.${index}`));
    const [sliding, tumbling] = [
      rigOf('sliding 1m', ', having: row.ips > 3.0'),
      rigOf('tumbling 1m', ', having: row.ips > 3.0'),
    ];
    for (const rig of [sliding, tumbling]) for (const each of burst) rig.take(each);
    assert.deepEqual([sliding.rows.size, tumbling.rows.size], [1, 0]);
  });
});
