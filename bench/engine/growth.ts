import { type Figure, figure } from '../figures.ts';
import { ordinaryStepMs, paymentText, randomNumbers, zipfPicker } from '../payments.ts';
import type { SuiteOptions } from '../suite.ts';
import { type EngineHarness, openHarness, pour, rulesetWithoutRules, temporaryFolder } from './harness.ts';

const CONCURRENCY = 64;
const RESIDENT_CARDS = 100_000;
/** A card, its account, its device and its address; merchants are few. */
const ACTORS_PER_CARD = 4;
/** Events after which one of the active cards is replaced by another. */
const EVENTS_A_STAY = 100;

type Side = {
  readonly harness: EngineHarness;
  readonly remove: () => Promise<void>;
  readonly stepMs: number;
  sent: number;
};

async function openSide(residentMax: number, stepMs: number, rulesetText: string | null): Promise<Side> {
  const folder = await temporaryFolder();
  const harness = await openHarness(folder.path, { residentMax }, rulesetText);
  return { harness, remove: folder.remove, stepMs, sent: 0 };
}

async function closeSide(side: Side): Promise<void> {
  await side.harness.close();
  await side.remove();
}

/** Sends payments with cards by a picker; answers the CPU time of each, µs. */
async function send(side: Side, count: number, pick: (index: number) => number): Promise<number> {
  return await pour(side.harness.engine, count, CONCURRENCY, () => {
    return paymentText(side.sent, pick(side.sent++), 'grow', side.stepMs);
  });
}

/** What does not grow: cost with the number of entities and with the events in a window, memory with the entities. */
export async function measureGrowth(options: SuiteOptions): Promise<Figure[]> {
  return [...(await measureEntities(options)), ...(await measureHistory(options))];
}

async function measureEntities({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const counts = quick ? { few: 1_000, many: 20_000 } : { few: 10_000, many: 1_000_000 };
  const resident = (quick ? 2_000 : RESIDENT_CARDS) * ACTORS_PER_CARD;
  const runs = quick ? 3 : 9;
  const perRun = quick ? 2_000 : 20_000;
  const few = await openSide(resident, ordinaryStepMs(counts.few), null);
  const many = await openSide(resident, ordinaryStepMs(counts.many), null);
  const memory: number[] = [];
  try {
    collectGarbage();
    const before = process.memoryUsage();
    const chunk = quick ? 4_000 : 20_000;
    for (let made = 0; made < counts.many; made += chunk) {
      await send(many, Math.min(chunk, counts.many - made), (index) => index % counts.many);
      collectGarbage();
      memory.push(usedBytes(process.memoryUsage()) - usedBytes(before));
      note(`  ${made + chunk} of ${counts.many} cards, ${Math.round((memory.at(-1) ?? 0) / 1e6)} MB`);
    }
    await send(few, counts.few, (index) => index % counts.few);
    const samples = await compareSides({ few, many, counts, runs, perRun, note });
    const actors = Object.values(many.harness.engine.statistics().residentActors).reduce((sum, own) => sum + own, 0);
    const full = memory.slice(Math.ceil(resident / ACTORS_PER_CARD / chunk) + 1);
    return [
      ...samples,
      figure('bytes_per_actor', 'heap and array buffers per resident actor, caches included', 'B', [
        (memory.at(-1) ?? 0) / actors,
      ]),
      figure(
        'memory_growth_entities',
        `memory at ${counts.many} cards, of that when ${resident} actors were first resident`,
        'ratio',
        [(memory.at(-1) ?? 0) / (full[0] ?? Number.NaN)],
        'flat: 1',
      ),
    ];
  } finally {
    await closeSide(few);
    await closeSide(many);
  }
}

type Comparison = {
  readonly few: Side;
  readonly many: Side;
  readonly counts: { readonly few: number; readonly many: number };
  readonly runs: number;
  readonly perRun: number;
  readonly note: (text: string) => void;
};

/** How often each card is picked: by what law, and with which picker on each side. */
type Activity = {
  readonly runs: number;
  readonly pickFew: (index: number) => number;
  readonly pickMany: (index: number) => number;
};

async function compareSides(comparison: Comparison): Promise<Figure[]> {
  const { counts, runs } = comparison;
  const random = randomNumbers(5);
  const fewer = Math.ceil(runs / 3);
  const steady = await compare(comparison, {
    runs,
    pickFew: () => Math.floor(random() * counts.few),
    // As many cards are active at a time as on the other side; now and then one leaves and another comes.
    pickMany: (index) => (Math.floor(index / EVENTS_A_STAY) + Math.floor(random() * counts.few)) % counts.many,
  });
  const zipf = await compare(comparison, {
    runs: fewer,
    pickFew: zipfPicker(counts.few, 11),
    pickMany: zipfPicker(counts.many, 11),
  });
  const uniform = await compare(comparison, {
    runs: fewer,
    pickFew: () => Math.floor(random() * counts.few),
    pickMany: () => Math.floor(random() * counts.many),
  });
  const { few, many } = counts;
  return [
    figure(
      'cost_growth_entities',
      `CPU per event at ${many} cards, of that at ${few}; ${few} of them active at a time`,
      'ratio',
      steady.ratios,
      '<= 1.2',
    ),
    figure('cost_us_few_entities', `CPU per event at ${few} cards`, 'µs', steady.few),
    figure('cost_us_many_entities', `CPU per event at ${many} cards, ${few} active at a time`, 'µs', steady.many),
    figure(
      'cost_growth_entities_zipf',
      'the same ratio, all cards active by Zipf: the rare ones rehydrate',
      'ratio',
      zipf.ratios,
    ),
    figure(
      'cost_growth_entities_uniform',
      'the same ratio, all cards equally active: most rehydrate',
      'ratio',
      uniform.ratios,
    ),
  ];
}

async function compare(
  { few, many, perRun, note }: Comparison,
  { runs, pickFew, pickMany }: Activity,
): Promise<{ ratios: number[]; few: number[]; many: number[] }> {
  const measured: { ratios: number[]; few: number[]; many: number[] } = { ratios: [], few: [], many: [] };
  for (let run = -2; run < runs; run++) {
    const fewCost = await send(few, perRun, pickFew);
    const manyCost = await send(many, perRun, pickMany);
    if (run < 0) continue;
    measured.few.push(fewCost);
    measured.many.push(manyCost);
    measured.ratios.push(manyCost / fewCost);
    note(`  run ${run + 1} of ${runs}: ${manyCost.toFixed(1)} µs of ${fewCost.toFixed(1)} µs`);
  }
  return measured;
}

/** With --expose-gc, as the script of package.json starts it; without it the figures of memory are rough. */
function collectGarbage(): void {
  const collect: unknown = Reflect.get(globalThis, 'gc');
  if (typeof collect === 'function') collect();
}

function usedBytes({ heapUsed, arrayBuffers }: NodeJS.MemoryUsage): number {
  return heapUsed + arrayBuffers;
}

/** The same cards with about 1 and with about 200 events in the 24-hour window. */
async function measureHistory({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const cards = quick ? 100 : 500;
  const runs = quick ? 3 : 9;
  const dayMs = 24 * 3_600_000;
  const rulesetText = await rulesetWithoutRules();
  const sparse = await openSide(1_000_000, dayMs / cards, rulesetText);
  const dense = await openSide(1_000_000, dayMs / (cards * 200), rulesetText);
  const ratios: number[] = [];
  try {
    const pick = (index: number): number => index % cards;
    await send(sparse, cards * 8, pick);
    await send(dense, cards * 205, pick);
    for (let run = -2; run < runs; run++) {
      const sparseCost = await send(sparse, cards * 20, pick);
      const denseCost = await send(dense, cards * 20, pick);
      if (run < 0) continue;
      ratios.push(denseCost / sparseCost);
      note(`  history ${run + 1} of ${runs}: ${denseCost.toFixed(1)} µs of ${sparseCost.toFixed(1)} µs`);
    }
  } finally {
    await closeSide(sparse);
    await closeSide(dense);
  }
  return [
    figure(
      'cost_growth_history',
      'CPU per event with 200 events in the 24 h window, of that with 1',
      'ratio',
      ratios,
      '<= 1.2',
    ),
  ];
}
