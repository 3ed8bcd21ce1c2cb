import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { DEFAULT_RULESET_FILE } from '../../src/cli/engine-server.ts';
import { startProjections } from '../../src/cli/projections/projection-client.ts';
import { openHarness, pour, temporaryFolder } from '../engine/harness.ts';
import { type Figure, figure, median } from '../figures.ts';
import { ordinaryStepMs, paymentText } from '../payments.ts';
import type { SuiteOptions } from '../suite.ts';
import { FIVE_VIEWS } from './view-sets.ts';

const CARDS = 2_000;
const CONCURRENCY = 64;
const QUIET = { info: () => {}, warn: () => {}, error: () => {} };

/** An engine, and where asked for the projections that follow its log on their own thread. */
async function openSide(isFollowed: boolean) {
  const folder = await temporaryFolder();
  const ruleset = `${await readFile(DEFAULT_RULESET_FILE, 'utf8')}${FIVE_VIEWS}`;
  const harness = await openHarness(folder.path, {}, ruleset);
  const file = join(folder.path, 'views.sqlite');
  const parts = { file, log: harness.log, clock: createSystemClock(), logger: QUIET };
  const projections = isFollowed ? await startProjections(parts) : null;
  return {
    pour: (count: number, prefix: string) =>
      pour(harness.engine, count, CONCURRENCY, (index) =>
        paymentText(index, index % CARDS, prefix, ordinaryStepMs(CARDS)),
      ),
    /** Waits until nothing is behind; answers how far the views were when it began, seconds. */
    settle: async (): Promise<number> => {
      const fromMs = performance.now();
      while (projections !== null && projections.statistics().position < harness.log.statistics().headPosition) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return (performance.now() - fromMs) / 1000;
    },
    close: async (): Promise<void> => {
      await projections?.close();
      await harness.close();
      await folder.remove();
    },
  };
}

/** What an authorization costs its thread with five views behind the log, and with no projections at all. */
export async function measureAuthorizations({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 3 : 11;
  const count = quick ? 2_000 : 10_000;
  const [plain, followed] = [await openSide(false), await openSide(true)];
  const [without, withViews, ratios, behind]: [number[], number[], number[], number[]] = [[], [], [], []];
  try {
    for (let run = -1; run < runs; run++) {
      // In turn, and each first as often as the other.
      const isPlainFirst = run % 2 === 0;
      const first = await (isPlainFirst ? plain : followed).pour(count, `run${run}`);
      const lagOfFirst = await followed.settle();
      const second = await (isPlainFirst ? followed : plain).pour(count, `run${run}`);
      const lagS = isPlainFirst ? await followed.settle() : lagOfFirst;
      if (run < 0) continue;
      const [bare, own] = isPlainFirst ? [first, second] : [second, first];
      without.push(bare);
      withViews.push(own);
      ratios.push(own / bare);
      behind.push(lagS);
      note(
        `  run ${run + 1} of ${runs}: ${own.toFixed(1)} of ${bare.toFixed(1)} µs, caught up in ${lagS.toFixed(2)} s`,
      );
    }
  } finally {
    await plain.close();
    await followed.close();
  }
  note(`  five views: ${median(ratios).toFixed(3)} of an authorization without`);
  return [
    figure('view_authorization_ratio', 'CPU of an authorization with five views, of one without', 'ratio', ratios),
    figure('view_authorization_us', 'with five views behind the log, on its thread', 'µs', withViews),
    figure('view_authorization_bare_us', 'with no projections', 'µs', without),
    figure('view_catch_up_s', `after ${count} payments at full speed, until no view is behind`, 's', behind),
  ];
}
