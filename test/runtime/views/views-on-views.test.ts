import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { rulesetWithViews } from '../../views/view-rig.ts';
import { ArrayLog, metricOf, publishedOf, RunnerRig } from './runner-rig.ts';

const START_MS = Date.UTC(2026, 0, 31);

function viewsWith(emit: string): string {
  return `  devices:
    from: metric
    group_by: deviceId
    window: tumbling 10s
    emit: ${emit}
    aggregates: { mean: mean(event.metrics.t), n: count }
    having: row.mean > 20.0
    tags: { hot: row.mean > 50.0 }
  hot_devices: { from: view.devices, where: event.hot, tags: { very: row.mean > 75.0 } }
  minutes:
    from: view.devices
    window: hopping 1m every 30s
    aggregates: { devices: distinct(event.deviceId), n: sum(event.n), rows: count, spread: variance(event.n) }
  hottest: { from: view.minutes, window: unbounded, aggregates: { windows: count, n: sum(event.n) } }
`;
}

type DeviceRow = {
  readonly deviceId: string;
  readonly window_start: string;
  readonly window_end: string;
  readonly mean: number;
  readonly n: number;
  readonly hot: boolean;
};

/** What the view on the view has to say, from the rows that the other shows. */
function expectedMinutes(devices: readonly DeviceRow[]): unknown[] {
  const windows = new Map<number, DeviceRow[]>();
  for (const row of devices) {
    const atMs = Date.parse(row.window_end) - 1;
    for (let startMs = Math.floor(atMs / 30_000) * 30_000; startMs > atMs - 60_000; startMs -= 30_000) {
      windows.set(startMs, [...(windows.get(startMs) ?? []), row]);
    }
  }
  return [...windows]
    .sort(([left], [right]) => right - left)
    .map(([startMs, rows]) => {
      const n = rows.reduce((sum, row) => sum + row.n, 0);
      const spread = rows.reduce((sum, row) => sum + (row.n - n / rows.length) ** 2, 0) / rows.length;
      const devicesSeen = new Set(rows.map(({ deviceId }) => deviceId)).size;
      return [new Date(startMs).toISOString(), devicesSeen, n, rows.length, Math.round(spread * 1e6)];
    });
}

/** Traffic in which nothing is late, and some of it out of order. */
const traffic = fc.array(
  fc.record({ stepMs: fc.integer({ min: 0, max: 6000 }), backMs: fc.nat(15_000), t: fc.nat(100) }),
  { minLength: 1, maxLength: 60 },
);

for (const emit of ['changes', 'final']) {
  describe(`a view on a view with emit: ${emit}`, () => {
    test('counts each of its rows once, as it is now', async () => {
      const time = 'event_time: { out_of_orderness: 10s, lateness: 10s, late: drop }';
      const text = rulesetWithViews(viewsWith(emit), '', time);
      await fc.assert(
        fc.asyncProperty(traffic, async (drawn) => {
          const log = new ArrayLog();
          log.append('r', publishedOf(text, 'one'));
          let nowMs = START_MS;
          for (const [index, { stepMs, backMs, t }] of drawn.entries()) {
            nowMs += stepMs;
            log.append(`m${index}`, metricOf(`m${index}`, nowMs - backMs, `d${t % 3}`, { t }));
          }
          // Closes every window, and makes no row of its own.
          log.append('last', metricOf('last', nowMs + 3_600_000, 'd9', { t: 0 }));
          const rig = new RunnerRig(log);
          await rig.follow();
          assert.equal(rig.failure, null);
          assert.deepEqual(
            rig.queries.views().map(({ lateEvents }) => lateEvents),
            [0, 0, 0, 0],
          );
          const devices: readonly DeviceRow[] = JSON.parse(JSON.stringify(rig.rows('devices')));
          const minutes: readonly Record<string, unknown>[] = JSON.parse(JSON.stringify(rig.rows('minutes')));
          assert.deepEqual(
            minutes.map((row) => [
              row.window_start,
              row.devices,
              row.n,
              row.rows,
              Math.round(Number(row.spread) * 1e6),
            ]),
            expectedMinutes(devices),
          );
          assert.deepEqual(
            rig.rows('hot_devices'),
            devices.filter(({ hot }) => hot).map((row) => ({ ...row, very: row.mean > 75 })),
          );
          const total = minutes.reduce((sum, row) => sum + Number(row.n), 0);
          const [hottest] = rig.rows('hottest');
          assert.deepEqual(hottest ?? null, minutes.length === 0 ? null : { windows: minutes.length, n: total });
        }),
        { numRuns: 40 },
      );
    });
  });
}
