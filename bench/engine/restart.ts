import { DEFAULT_ENGINE_SETTINGS } from '../../src/cli/engine-server.ts';
import { ACTOR_DEFINITIONS } from '../../src/cli/entity-actors.ts';
import { ListIndex, parseRuleset, SuppressionIndex } from '../../src/rules/mod.ts';
import { createActorSystem } from '../../src/runtime/actor-system.ts';
import { foldImage } from '../../src/runtime/entity-image.ts';
import { Program } from '../../src/runtime/program.ts';
import { type Figure, figure, quantile } from '../figures.ts';
import { paymentText, randomNumbers } from '../payments.ts';
import type { SuiteOptions } from '../suite.ts';
import { type EngineHarness, openHarness, pour, temporaryFolder } from './harness.ts';
import { PALISADE, startServerUnderTest } from './servers.ts';

const HOT_EVENTS = 10_000;

/** Restart on a long log, and an actor with a long history coming back. */
export async function measureRestart({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const records = quick ? 30_000 : 1_000_000;
  const runs = quick ? 2 : 7;
  const folder = await temporaryFolder();
  try {
    let harness = await openHarness(folder.path);
    const random = randomNumbers(3);
    const chunk = 10_000;
    for (let made = 0; made < records; made += chunk) {
      // One payment in a hundred is the hot card's.
      await pour(harness.engine, chunk, 256, (index) => {
        const number = made + index;
        return paymentText(number, number % 100 === 0 ? 0 : 1 + Math.floor(random() * 200_000), 'old', 100);
      });
      if (made % 100_000 === 0) note(`  ${made} of ${records} records`);
    }
    const rehydrations = await measureRehydration(harness, quick ? 50 : 500);
    await harness.close();
    const restarts: number[] = [];
    for (let run = 0; run < runs; run++) {
      const server = await startServerUnderTest(PALISADE, ['serve', '--data', folder.path, '--port', '0', '--open']);
      restarts.push(server.readyMs / 1000);
      await server.stop();
      note(`  restart ${run + 1} of ${runs}: ${(restarts.at(-1) ?? 0).toFixed(2)} s`);
    }
    harness = await openHarness(folder.path);
    const head = harness.log.statistics().headPosition;
    await harness.close();
    return [
      figure('restart_1m_s', `process start to ready on ${head} records`, 's', restarts, '< 5'),
      figure(
        'rehydrate_p99_ms',
        `one actor, ${Math.min(HOT_EVENTS, records / 100)} events, snapshot and tail`,
        'ms',
        rehydrations,
        '< 5',
      ),
    ];
  } finally {
    await folder.remove();
  }
}

/** Time from the question to the started actor: image from the log, fold, XState start. Answers a p99 per hundred. */
async function measureRehydration({ log, engine }: EngineHarness, count: number): Promise<number[]> {
  const parsed = parseRuleset(engine.ruleset().text);
  if (!parsed.ok) throw new Error('The ruleset in force does not parse');
  const program = new Program(parsed.ruleset, ACTOR_DEFINITIONS, new ListIndex(), new SuppressionIndex());
  const system = createActorSystem();
  const { schema, logic } = program.kinds.card;
  const p99s: number[] = [];
  let times: number[] = [];
  let tailMax = 0;
  for (let number = 0; number < count; number++) {
    // A further event each time, so that the tail after the snapshot takes every length up to the bound.
    await pour(engine, 1, 1, () => paymentText(2_000_000 + number, 0, 'hot', 100));
    const startMs = performance.now();
    const image = await log.readImage('card-card-0', schema);
    const actor = system.start(logic, 'card-card-0', foldImage(program, 'card', 'card-card-0', image));
    times.push(performance.now() - startMs);
    system.stop(actor);
    tailMax = Math.max(tailMax, image.records.length);
    if (times.length < count / 5) continue;
    p99s.push(quantile(times, 0.99));
    times = [];
  }
  if (tailMax > DEFAULT_ENGINE_SETTINGS.snapshotEveryEvents) {
    throw new Error(`The tail after a snapshot was ${tailMax} events long`);
  }
  return p99s;
}
