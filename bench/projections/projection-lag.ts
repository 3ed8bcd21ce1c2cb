import { join } from 'node:path';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { startProjections } from '../../src/cli/projections/projection-client.ts';
import { authorizeText, openHarness, temporaryFolder } from '../engine/harness.ts';
import { type Figure, figure, quantile } from '../figures.ts';
import { ordinaryStepMs, paymentText, randomNumbers } from '../payments.ts';
import type { SuiteOptions } from '../suite.ts';

const RATE_PER_S = 5_000;
const CARDS = 50_000;
const LOOK_MS = 20;
/** Payments that may be under way: where the engine does not keep up, the rate falls, and is told. */
const UNDER_WAY_MAX = 512;
const QUIET = { info: () => {}, warn: () => {}, error: () => {} };

/**
 * How far all projections are behind a log that an engine of the same process fills at a steady rate, payments being
 * sent when they are due. Each look tells how long ago the log had nothing beyond what is in the read store, so that it
 * is told too long by up to a look and never too short.
 */
export async function measureProjectionLag({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 2 : 5;
  const seconds = quick ? 3 : 6;
  const folder = await temporaryFolder();
  const harness = await openHarness(folder.path);
  const file = join(folder.path, 'views.sqlite');
  const projections = await startProjections({ file, log: harness.log, clock: createSystemClock(), logger: QUIET });
  const random = randomNumbers(3);
  const [p99s, medians, rates]: [number[], number[], number[]] = [[], [], []];
  let [sent, underWay] = [0, 0];
  const send = async (count: number): Promise<void> => {
    const startMs = performance.now();
    const answers: Promise<unknown>[] = [];
    for (let index = 0; index < count; ) {
      const due = Math.min(count, Math.floor(((performance.now() - startMs) * RATE_PER_S) / 1000));
      for (; index < due && underWay < UNDER_WAY_MAX; index++) {
        underWay += 1;
        const text = paymentText(sent++, Math.floor(random() * CARDS), 'lag', ordinaryStepMs(CARDS));
        const answer = authorizeText(harness.engine, text).finally(() => {
          underWay -= 1;
        });
        answers.push(answer);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(answers);
  };
  try {
    for (let run = -1; run < runs; run++) {
      const lags: number[] = [];
      const looks = setInterval(() => lags.push(projections.statistics().lagSeconds * 1000), LOOK_MS);
      const fromMs = performance.now();
      await send(RATE_PER_S * seconds);
      const rate = (RATE_PER_S * seconds * 1000) / (performance.now() - fromMs);
      clearInterval(looks);
      if (run < 0) continue;
      p99s.push(quantile(lags, 0.99));
      medians.push(quantile(lags, 0.5));
      rates.push(rate);
      note(`  run ${run + 1} of ${runs}: lag p99 ${p99s.at(-1)?.toFixed(0)} ms at ${rate.toFixed(0)} decisions/s`);
    }
  } finally {
    await projections.close();
    await harness.close();
    await folder.remove();
  }
  return [
    figure('lag_p99_ms', `how far all projections are behind, at ${RATE_PER_S} decisions/s`, 'ms', p99s, '1,000'),
    figure('lag_p50_ms', 'the same, median', 'ms', medians),
    figure('lag_rate_per_s', 'decisions that were durable a second in these runs', '1/s', rates, '5,000'),
  ];
}
