import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rulesetWithViews } from '../../views/view-rig.ts';
import { ArrayLog, metricOf, publishedOf, RunnerRig } from './runner-rig.ts';

const START_MS = Date.UTC(2026, 0, 31);
const VIEWS = `  devices: { from: metric, group_by: deviceId, window: tumbling 10s, aggregates: { n: count } }
  whole: { from: metric, window: tumbling 10s, aggregates: { n: count } }
  alerts: { from: alert, group_by: deviceId, window: unbounded, aggregates: { n: count, score: sum(event.score) } }
  of_devices: { from: alert, where: event.deviceId != "", window: unbounded, aggregates: { n: count } }
`;
const RULES = `  - { id: two, on: view.devices, when: row.n > 1.0, outcome: alert, reason: TWO, score: 9 }
  - { id: many, on: view.whole, when: row.n > 5.0, outcome: alert, reason: MANY, score: 1 }`;

test('a view of alerts is grouped by what the views that raised them are grouped by', async () => {
  const log = new ArrayLog();
  log.append('r', publishedOf(rulesetWithViews(VIEWS, RULES), 'one'));
  // Two windows: d0 and d1 are seen more than once in each, d2 once.
  const seen = ['d0', 'd1', 'd2', 'd0', 'd1', 'd0'];
  for (const startMs of [START_MS, START_MS + 10_000]) {
    for (const [index, deviceId] of seen.entries()) {
      const id = `m${startMs}-${index}`;
      log.append(id, metricOf(id, startMs + index * 100, deviceId, { t: 1 }));
    }
  }
  const rig = new RunnerRig(log);
  await rig.follow();
  assert.equal(rig.failure, null);
  const rows: readonly Record<string, unknown>[] = JSON.parse(JSON.stringify(rig.rows('alerts')));
  assert.deepEqual(
    rows.map(({ deviceId, n, score }) => [deviceId, n, score]).sort(),
    [
      ['d0', 2, 18],
      ['d1', 2, 18],
    ],
    'an alert of a view without groups names no device, and is left out where the view is grouped by it',
  );
  assert.deepEqual(JSON.parse(JSON.stringify(rig.rows('of_devices'))), [{ n: 4 }]);
});
