import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openSqliteEventLog } from '../../src/adapters/sqlite/mod.ts';
import { rulesetWithViews } from '../views/view-rig.ts';
import { drivesNode } from './engine-process.ts';
import type { HttpCaller } from './http-caller.ts';
import { onWorkbench } from './workbench.ts';

const START_MS = Date.UTC(2026, 0, 31);
const BATCH = 200;
const BATCHES = 12;
const DEVICES = 7;

const RULESET = rulesetWithViews(
  `  devices:
    from: metric
    group_by: deviceId
    window: tumbling 10s
    aggregates: { mean: mean(event.metrics.t), n: count }
`,
  '  - { id: busy, on: view.devices, when: row.n >= 3.0, outcome: alert, reason: BUSY, score: 9 }',
  'event_time: { out_of_orderness: 10s, lateness: 10s, late: side_output }',
);

/** Metrics of one batch: the same whenever it is sent. */
function batchOf(number: number): string {
  const lines = Array.from({ length: BATCH }, (_, index) => {
    const order = number * BATCH + index;
    const occurredAt = new Date(START_MS + order * 100).toISOString();
    const event = {
      type: 'metric',
      eventId: `m${order}`,
      occurredAt,
      deviceId: `d${order % DEVICES}`,
      metrics: { t: order },
    };
    return JSON.stringify(event);
  });
  return `${lines.join('\n')}\n`;
}

async function send(caller: HttpCaller, number: number): Promise<boolean> {
  const headers = { 'content-type': 'application/x-ndjson' };
  try {
    const { status } = await caller.send('POST', '/v1/events', batchOf(number), headers);
    return status === 200;
  } catch {
    return false;
  }
}

/** What the view has to say about what was sent, from the definition: count and mean of every device and window. */
function expectedRows(): string[] {
  const windows = new Map<string, number[]>();
  for (let order = 0; order < BATCH * BATCHES; order++) {
    const startMs = START_MS + Math.floor((order * 100) / 10_000) * 10_000;
    const key = `d${order % DEVICES} ${new Date(startMs).toISOString()}`;
    windows.set(key, [...(windows.get(key) ?? []), order]);
  }
  return [...windows].map(([key, values]) => {
    const sum = values.reduce((total, value) => total + value, 0);
    return `${key} ${values.length} ${sum / values.length}`;
  });
}

async function readRows(caller: HttpCaller): Promise<string[]> {
  for (;;) {
    const { status, text } = await caller.get('/v1/views/devices?limit=1000');
    assert.equal(status, 200, text);
    const { rows, asOf } = JSON.parse(text);
    if (asOf.lagEvents > 0) continue;
    const told: { deviceId: string; window_start: string; n: number; mean: number }[] = rows;
    return told.map(({ deviceId, window_start: start, n, mean }) => `${deviceId} ${start} ${n} ${mean}`);
  }
}

describe('views', { skip: drivesNode }, () => {
  test('of a server that is killed again and again miss nothing, repeat nothing and alert once', () =>
    onWorkbench(async (bench) => {
      const file = join(bench.folder, 'ruleset.yaml');
      await writeFile(file, RULESET);
      const args = ['--open', '--ruleset', file];
      let server = await bench.serve(args);
      let caller = bench.call(server);
      for (let number = 0; number < BATCHES; number++) {
        const isFatal = number % 4 === 2;
        const sent = send(caller, number);
        if (isFatal) {
          await server.end('SIGKILL');
          await sent;
          server = await bench.serve(args);
          caller = bench.call(server);
          assert.ok(await send(caller, number), 'what was not answered is sent again');
        } else assert.ok(await sent);
      }
      const expected = expectedRows();
      assert.deepEqual((await readRows(caller)).sort(), expected.toSorted());
      assert.equal(await server.end('SIGTERM'), 0, server.output);
      const verify = bench.launch(['projections', 'verify', '--data', bench.data]);
      assert.equal(await verify.ended, 0, verify.output);
      assert.match(verify.output, /every row is as the log has it/);
      const log = await openSqliteEventLog({ directory: bench.data });
      const alerts: string[] = [];
      for (let position = 0; ; ) {
        const records = await log.readAll(position, 1000);
        if (records.length === 0) break;
        alerts.push(...records.filter(({ type }) => type === 'AlertRaised').map(({ recordId }) => recordId));
        position = records.at(-1)?.position ?? position;
      }
      await log.close();
      assert.equal(alerts.length, expected.filter((row) => Number(row.split(' ')[2]) >= 3).length);
      assert.equal(new Set(alerts).size, alerts.length);
    }));
});
