import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createMemoryEventLog } from '../../src/adapters/memory/mod.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { startProjections } from '../../src/cli/projections/projection-client.ts';
import { encodeFact } from '../../src/codec/mod.ts';
import type { Fact } from '../../src/domain/records.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import type { ProjectionStatistics } from '../../src/ports/projections.ts';
import { metricOf, publishedOf } from '../runtime/views/runner-rig.ts';
import { rulesetWithViews } from '../views/view-rig.ts';

const START_MS = Date.UTC(2026, 0, 31);
const RULESET = rulesetWithViews('  v: { from: metric, window: unbounded, aggregates: { n: count } }\n');

async function appendTo(log: EventLog, recordId: string, fact: Fact): Promise<void> {
  await log.append({ recordId, type: fact.type, body: encodeFact(fact), streams: [] });
}

/** A log with so many metrics; their ids begin with a prefix. */
async function logOf(count: number, prefix: string): Promise<EventLog> {
  const log = createMemoryEventLog();
  await appendTo(log, 'r', publishedOf(RULESET, 'one'));
  for (let index = 0; index < count; index++) {
    await appendTo(log, `${prefix}${index}`, metricOf(`${prefix}${index}`, START_MS, 'd', { t: 1 }));
  }
  return log;
}

test('projections of a log that was restored from a copy are made anew, and say so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'palisade-restored-'));
  const warnings: string[] = [];
  const logger = { info: () => {}, warn: (message: string) => warnings.push(message), error: () => {} };
  const countIn = async (log: EventLog): Promise<unknown> => {
    const parts = { file: join(folder, 'views.sqlite'), log, clock: createSystemClock(), logger };
    const projections = await startProjections(parts);
    try {
      const isBehind = ({ position, building }: ProjectionStatistics): boolean =>
        position < log.statistics().headPosition || building > 0;
      while (isBehind(projections.statistics())) {
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      const query = { view: 'v', limit: 10, cursor: null, equal: {}, fromMs: null, toMs: null };
      return (await projections.rows(query))?.rows[0]?.n;
    } finally {
      await projections.close();
    }
  };
  try {
    assert.equal(await countIn(await logOf(50, 'a')), 50);
    assert.equal(await countIn(await logOf(60, 'a')), 60, 'a log that went on is gone on with');
    assert.deepEqual(warnings, []);
    assert.equal(await countIn(await logOf(20, 'a')), 20, 'an earlier state of it');
    assert.equal(await countIn(await logOf(30, 'b')), 30, 'another log, which is longer');
    assert.equal(warnings.length, 2);
    assert.match(warnings[0] ?? '', /made anew/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
