import { openHarness, pour, temporaryFolder } from '../engine/harness.ts';
import { type Figure, figure } from '../figures.ts';
import { paymentText } from '../payments.ts';
import type { SuiteOptions } from '../suite.ts';

const CONCURRENCY = 64;
const NEIGHBOURS = 2000;
/** The hot device has one payment in so many ms: 100 thousand of them are in one hour. */
const STEP_MS = 36;
const BATCH = 512;

type Side = { readonly pour: (count: number, hotShare: number) => Promise<number>; close(): Promise<void> };

/** An engine with its own log. Of its payments a share is on one device, and the others are on devices of their own. */
async function openSide(): Promise<Side> {
  const folder = await temporaryFolder();
  const { engine, close } = await openHarness(folder.path);
  let sent = 0;
  let onHot = 0;
  const textOf = (hotShare: number): string => {
    sent += 1;
    const card = sent % NEIGHBOURS;
    const text = paymentText(sent, card, 'hot', STEP_MS);
    onHot += hotShare;
    if (onHot < 1) return text;
    onHot -= 1;
    return text.replace(`"deviceId":"device-${card}"`, '"deviceId":"device-hot"');
  };
  return {
    pour: (count, hotShare) => pour(engine, count, CONCURRENCY, () => textOf(hotShare)),
    close: async () => {
      await close();
      await folder.remove();
    },
  };
}

/**
 * What payments of neighbours cost beside a device with 100 thousand events against beside none: the same payments in
 * two engines, in turn. While they are measured the hot device goes on having payments between them, in small batches.
 */
export async function measureNeighbours({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const hotEvents = quick ? 5_000 : 100_000;
  const runs = quick ? 3 : 15;
  const batches = quick ? 4 : 20;
  const beside = await openSide();
  const alone = await openSide();
  try {
    note(`  ${hotEvents} events on one device`);
    await beside.pour(hotEvents, 1);
    await alone.pour(hotEvents, 0);
    const ratios: number[] = [];
    const costs: number[] = [];
    for (let run = 0; run < runs; run++) {
      let [besideUs, aloneUs] = [0, 0];
      for (let batch = 0; batch < batches; batch++) {
        await beside.pour(BATCH / 8, 1);
        await alone.pour(BATCH / 8, 0);
        besideUs += await beside.pour(BATCH, 0);
        aloneUs += await alone.pour(BATCH, 0);
      }
      ratios.push(besideUs / aloneUs);
      costs.push(besideUs / batches);
    }
    return [
      figure('neighbour_us', 'CPU of a payment beside the hot device', 'µs', costs),
      figure('hot_neighbour_growth', `payments beside a device with ${hotEvents} events`, '', ratios, '<= 1.10'),
    ];
  } finally {
    await beside.close();
    await alone.close();
  }
}
