import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createMemoryEventLog } from '../../src/adapters/memory/mod.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { startProjections } from '../../src/cli/projections/projection-client.ts';
import type { Metric } from '../../src/domain/events.ts';
import type { StoredRecord } from '../../src/ports/event-log.ts';
import type { ProjectionStatistics } from '../../src/ports/projections.ts';
import { startRig } from '../support/engine-rig.ts';
import { isoAt, transactionOf } from '../support/event-builders.ts';
import { SIMULATION_START_MS } from '../support/simulated-clock.ts';
import { rulesetWithViews } from '../views/view-rig.ts';

/** Views enough that a record costs them some hundred times what it costs the engine. */
const VIEW = 'from: metric, group_by: deviceId, window: sliding 1m';
const AGGREGATES = '{ n: count, q: "quantile(event.metrics.t, 0.9)" }';
const VIEWS = Array.from({ length: 24 }, (_, index) => `  v${index}: { ${VIEW}, aggregates: ${AGGREGATES} }\n`).join(
  '',
);
const METRICS = 6_000;
const PAYMENTS = 200;
/** Most records that the log hands over at once. */
const BATCH_MAX = 256;

function metricOf(index: number): Metric {
  const occurredAt = isoAt(SIMULATION_START_MS + index * 100);
  return { type: 'metric', eventId: `m${index}`, occurredAt, deviceId: `d${index % 3}`, metrics: { t: index } };
}

describe('projections that are slower than what comes', () => {
  test('slow the reader of the log, in bounds that are told, and no decision; and lose nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'palisade-slow-'));
    const log = createMemoryEventLog();
    const { engine, authorize } = await startRig({ log });
    await engine.publishRuleset(rulesetWithViews(VIEWS));
    let handedOver = 0;
    const followed = {
      ...log,
      statistics: () => log.statistics(),
      readAll: (after: number, count: number) => log.readAll(after, count),
      append: (draft: Parameters<typeof log.append>[0]) => log.append(draft),
      subscribe: (options: Parameters<typeof log.subscribe>[0]) =>
        log.subscribe({
          ...options,
          onRecords: (records: readonly StoredRecord[]) => {
            handedOver = records.at(-1)?.position ?? handedOver;
            return options.onRecords(records);
          },
        }),
    };
    const clock = createSystemClock();
    const logger = { info: () => {}, warn: () => {}, error: () => {} };
    const projections = await startProjections({ file: join(folder, 'views.sqlite'), log: followed, clock, logger });
    try {
      let deepest = 0;
      const look = (): ProjectionStatistics => {
        const now = projections.statistics();
        deepest = Math.max(deepest, now.queueDepth);
        assert.ok(now.queueDepth <= now.queueDepthMax, `${now.queueDepth} batches`);
        assert.ok(handedOver - now.position <= now.queueDepthMax * BATCH_MAX, `${handedOver - now.position} records`);
        return now;
      };
      const caughtUp = async (): Promise<void> => {
        while (look().position < log.statistics().headPosition || look().building > 0) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };
      // The views are there before the first record: what is built beside slows nobody.
      await caughtUp();
      for (let index = 0; index < METRICS; index++) {
        await engine.record(metricOf(index));
        if (index % (METRICS / PAYMENTS) === 0) {
          const answer = await authorize(transactionOf(`t${index}`));
          assert.equal(answer.mode, 'full');
        }
        if (index % 50 === 0) look();
      }
      const behind = look();
      assert.ok(behind.headPosition - behind.position > 2 * BATCH_MAX, 'the views are far behind when all is answered');
      assert.ok(behind.lagSeconds > 0);
      await caughtUp();
      const after = look();
      assert.equal(deepest, after.queueDepthMax, 'the queue was full');
      assert.ok(after.blockedMs > 0);
      assert.equal(after.failure, '');
      assert.equal(after.recordCount, log.statistics().headPosition);
      assert.deepEqual(
        after.views.map(({ events }) => events),
        Array.from({ length: 24 }, () => METRICS),
      );
    } finally {
      await projections.close();
      await engine.drain();
      await rm(folder, { recursive: true });
    }
  });

  test('send readers away beyond a bound, and answer the others', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'palisade-slow-'));
    const log = createMemoryEventLog();
    const logger = { info: () => {}, warn: () => {}, error: () => {} };
    const file = join(folder, 'views.sqlite');
    const projections = await startProjections({ file, log, clock: createSystemClock(), logger });
    try {
      const { readersWaitingMax } = projections.statistics();
      const asked = Array.from({ length: readersWaitingMax + 3 }, () => projections.views());
      assert.equal(projections.statistics().readersWaiting, readersWaitingMax);
      const answers = await Promise.allSettled(asked);
      const refused = answers.filter((answer) => answer.status === 'rejected');
      assert.deepEqual(
        refused.map(({ reason }) => reason.code),
        ['ENGINE_OVERLOADED', 'ENGINE_OVERLOADED', 'ENGINE_OVERLOADED'],
      );
      assert.deepEqual(await projections.views(), []);
    } finally {
      await projections.close();
      await rm(folder, { recursive: true });
    }
  });
});
