import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { anomalyRows } from './device-oracle.ts';
import { startInProcess } from './in-process.ts';
import { inTimeOrder, SEEDS, sideEventsOf } from './plain-definitions.ts';
import { assertExpected, assertFlawless, assertSameRows, exampleNamed, playExample } from './played.ts';

const EXAMPLE = exampleNamed('device-metrics');

describe('metrics of devices', () => {
  for (const seed of SEEDS) {
    test(`are tagged in windows of ten seconds as the definition says, seed ${seed}`, async () => {
      const played = await playExample(EXAMPLE, seed);
      const rows = anomalyRows(inTimeOrder(sideEventsOf('metric', played.events)));
      assertSameRows(played.findings.rows.network_anomalies, rows);
      assertFlawless(played, Object.keys(EXAMPLE.aims));
      assert.ok(rows.some((row) => row.is_high_latency && row.is_high_packet_loss && row.is_bandwidth_saturation));
      assert.ok(rows.some((row) => row.is_high_latency && !row.is_high_packet_loss));
      if (seed === 1) await assertExpected(EXAMPLE, played);
    });
  }

  test('raise one alert for each window in which all three averages are too high', async () => {
    const engine = await startInProcess(EXAMPLE.name);
    const events = EXAMPLE.generate(1);
    for (const { event } of events) await engine.send(event);
    const failing = anomalyRows(sideEventsOf('metric', events))
      .filter((row) => row.is_high_latency && row.is_high_packet_loss && row.is_bandwidth_saturation)
      .map((row) => `${row.deviceId} ${row.window_start}`);
    const alerts = await engine.facts('AlertRaised');
    assert.deepEqual(alerts.map(({ place }) => `${place.group.deviceId} ${place.windowStart}`).sort(), failing.sort());
    assert.ok(alerts.length > 0 && alerts.every(({ reason }) => reason === 'DEVICE_FAILING'));
  });
});
