import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openEventStoreLog } from '../../src/adapters/eventstoredb/mod.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { createSystemRandom } from '../../src/adapters/system/system-random.ts';
import { DEFAULT_ENGINE_SETTINGS, DEFAULT_RULESET_FILE } from '../../src/cli/engine-server.ts';
import { ACTOR_DEFINITIONS } from '../../src/cli/entity-actors.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import { createEngine } from '../../src/runtime/actor-engine.ts';
import { ServerChild } from '../../test/support/eventstoredb/server-child.ts';
import { pour, temporaryFolder } from '../engine/harness.ts';
import { type Figure, figure } from '../figures.ts';
import { ordinaryStepMs, paymentText } from '../payments.ts';
import { measureParts, type Suite, type SuiteOptions } from '../suite.ts';

const CARDS = 2_000;
const CONCURRENCY = 256;
const QUIET = { info: () => {}, warn: () => {}, error: () => {} };
/** Body of a record of the default ruleset, bytes. */
const BODY_BYTES = 1_400;

/** What the log costs on EventStoreDB, against the test server in a process of its own, which keeps a file. */
export const runEventStoreSuite: Suite = (options) => measureParts('eventstore', { appends: measureAppends }, options);

async function measureAppends({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 2 : 7;
  const count = quick ? 1_000 : 8_000;
  const rounds = quick ? 1 : 4;
  const folder = await temporaryFolder();
  const store = await ServerChild.start(join(folder.path, 'events'));
  const log = await openEventStoreLog({ connectionString: store.url });
  try {
    const coldCost: number[] = [];
    const logCost: number[] = [];
    for (let run = 0; run < runs; run++) {
      coldCost.push(await measureLog(log, `run-${run}`, CARDS, -1));
      for (let round = 0; round < rounds; round++) logCost.push(await measureLog(log, `run-${run}`, CARDS, round));
      note(
        `  log, run ${run + 1} of ${runs}: ${coldCost.at(-1)?.toFixed(0)} µs, then ${logCost.at(-1)?.toFixed(0)} µs`,
      );
    }
    const engine = await createEngine({
      log,
      clock: createSystemClock(),
      random: createSystemRandom(),
      logger: QUIET,
      definitions: ACTOR_DEFINITIONS,
      settings: DEFAULT_ENGINE_SETTINGS,
      rulesetText: null,
      fallbackRulesetText: await readFile(DEFAULT_RULESET_FILE, 'utf8'),
    });
    let sent = 0;
    const textOf = (): string => paymentText(sent, sent++ % CARDS, 'esdb', ordinaryStepMs(CARDS));
    await pour(engine, CARDS * 2, CONCURRENCY, textOf);
    const perSecond: number[] = [];
    const engineCost: number[] = [];
    for (let run = 0; run < runs; run++) {
      const startedMs = performance.now();
      const before = process.cpuUsage();
      await pour(engine, count, CONCURRENCY, textOf);
      const { user, system } = process.cpuUsage(before);
      engineCost.push((user + system) / count);
      perSecond.push((count * 1000) / (performance.now() - startedMs));
      note(`  engine, run ${run + 1} of ${runs}: ${perSecond.at(-1)?.toFixed(0)} a second`);
    }
    return [
      figure('esdb_cpu_us', 'process, per record with five streams, log alone', 'µs', logCost),
      figure('esdb_cold_cpu_us', 'the same, where nothing is known of the streams', 'µs', coldCost),
      figure('esdb_engine_cpu_us', 'process, per authorization, engine and log', 'µs', engineCost),
      figure('esdb_per_s', 'authorizations, test server on the same machine', '1/s', perSecond),
    ];
  } finally {
    await log.close();
    await store.kill();
    await folder.remove();
  }
}

/**
 * CPU of this process for a record with five streams, µs. `entities`: of how many cards the records are; each is at
 * revision `before` in all its streams.
 */
async function measureLog(log: EventLog, group: string, entities: number, before: number): Promise<number> {
  const kinds = ['card', 'account', 'device', 'merchant', 'ip'];
  const body = JSON.stringify({ filler: 'x'.repeat(BODY_BYTES) });
  const spent = process.cpuUsage();
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let card = next++; card < entities; card = next++) {
      const streams = kinds.map((kind) => ({ stream: `${kind}-${group}-${card}`, expectedRevision: before }));
      const recordId = `${group}-${card}-${before}`;
      await log.append({ recordId, type: 'TransactionDecided', body, streams });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, lane));
  const { user, system } = process.cpuUsage(spent);
  return (user + system) / entities;
}
