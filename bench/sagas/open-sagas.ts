import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteEventLog } from '../../src/adapters/sqlite/mod.ts';
import { openSagaIndex } from '../../src/adapters/sqlite/sqlite-saga-index.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { createSystemRandom } from '../../src/adapters/system/system-random.ts';
import { SAGA_DEFINITIONS } from '../../src/cli/saga-kinds.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import { DEFAULT_LANE } from '../../src/runtime/sagas/saga-outbox.ts';
import { SagaRunner } from '../../src/runtime/sagas/saga-runner.ts';
import { temporaryFolder } from '../engine/harness.ts';
import { type Figure, figure } from '../figures.ts';
import type { SuiteOptions } from '../suite.ts';

const AT_ONCE = 512;

type Life = { readonly log: EventLog; readonly runner: SagaRunner; close(): Promise<void> };

/** A runner over the log of a folder; challenges wait for an answer, so that each is an open saga with a deadline. */
async function openLife(directory: string): Promise<Life> {
  const log = await openSqliteEventLog({ directory });
  const runner = new SagaRunner({
    log,
    index: await openSagaIndex(directory),
    clock: createSystemClock(),
    random: createSystemRandom(),
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    outbound: { deliver: async () => ({ outcome: 'confirmed', code: 200, detail: '', pauseMs: 0 }) },
    definitions: SAGA_DEFINITIONS,
    responses: { byName: new Map(), byOutcome: new Map(), onCorrection: null },
    endpoints: new Map([
      ['engine', DEFAULT_LANE],
      ['authenticator', { ...DEFAULT_LANE, concurrency: 256 }],
    ]),
    options: new Map([['step-up', { deadlineMs: 24 * 3_600_000 }]]),
    residentMax: 10_000,
  });
  await runner.open();
  const close = async (): Promise<void> => {
    await runner.close();
    await log.close();
  };
  return { log, runner, close };
}

async function fill(runner: SagaRunner, from: number, to: number): Promise<void> {
  let next = from;
  const lane = async (): Promise<void> => {
    for (let number = next++; number < to; number = next++) {
      await runner.start({
        kind: 'step-up',
        id: `transaction-${number}`,
        requestId: `request-${number}`,
        source: 'api',
        by: '',
        reasons: [],
        input: { cardId: `card-${number}`, accountId: `account-${number}` },
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  while (runner.statistics().endpoints.some(({ waiting, underWay }) => waiting + underWay > 0)) await sleep(50);
}

function usedBytes(): number {
  const collect: unknown = Reflect.get(globalThis, 'gc');
  if (typeof collect === 'function') collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Open sagas held at a time: what each costs in memory, and how long a restart takes until all are held again. */
export async function measureOpenSagas({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const count = quick ? 5_000 : 100_000;
  const runs = quick ? 2 : 5;
  const folder = await temporaryFolder();
  try {
    let life = await openLife(folder.path);
    const warm = Math.floor(count / 20);
    await fill(life.runner, count, count + warm);
    const before = usedBytes();
    const firstTenth = Math.floor(count / 10);
    await fill(life.runner, 0, firstTenth);
    const early = (usedBytes() - before) / firstTenth;
    await fill(life.runner, firstTenth, count);
    const bytes = (usedBytes() - before) / count;
    note(`  ${count} open, ${Math.round(bytes)} bytes each; ${Math.round(early)} each at a tenth of them`);
    await life.close();
    const restarts: number[] = [];
    const held: number[] = [];
    for (let run = 0; run < runs; run++) {
      const startMs = performance.now();
      life = await openLife(folder.path);
      restarts.push((performance.now() - startMs) / 1000);
      const open = life.runner.statistics().openByKind['step-up'] ?? 0;
      if (open !== count + warm) throw new Error(`${open} of ${count} sagas are open after a restart`);
      const restBytes = usedBytes();
      await sleep(quick ? 500 : 3_000);
      held.push((usedBytes() - restBytes) / (1024 * 1024));
      note(`  restart ${run + 1} of ${runs}: ${restarts.at(-1)?.toFixed(2)} s, ${held.at(-1)?.toFixed(2)} MiB more`);
      await life.close();
    }
    return [
      figure('open_sagas_restart_s', `log, index and ${count} open sagas, until all are held`, 's', restarts, '< 5'),
      figure('open_saga_bytes', `memory of one of ${count} open sagas`, 'bytes', [bytes]),
      figure('open_sagas_growth_mib', 'memory more after some seconds at rest', 'MiB', held),
    ];
  } finally {
    await folder.remove();
  }
}
