import type { FeatureSpec } from '../../src/domain/features.ts';
import {
  admit,
  compileWindowPlan,
  createObservation,
  createWindowState,
  readFeatures,
  type WindowState,
} from '../../src/windows/mod.ts';
import { type Figure, figure, median } from '../figures.ts';
import { randomNumbers } from '../payments.ts';
import type { SuiteOptions } from '../suite.ts';
import { comparedFeatures, featureSet, HOPPING, TUMBLING } from './feature-sets.ts';

/** Events of one entity are so far apart: now an ordinary card, now one with thousands in an hour. */
const PACES_MS = { ordinary: 20 * 60_000, busy: 1000 };

type Run = { readonly usPerEvent: number; readonly state: WindowState };

/** Takes events of one entity into its windows and reads every feature at each, as a decision does; CPU time. */
function play(specs: readonly FeatureSpec[], count: number, paceMs: number): Run {
  const plan = compileWindowPlan(specs, { amountScale: 0.01 });
  const observation = createObservation(plan);
  const state = createWindowState(plan);
  const out = new Float64Array(specs.length);
  const random = randomNumbers(7);
  const startMs = Date.UTC(2026, 0, 5);
  const before = process.threadCpuUsage();
  for (let index = 0; index < count; index++) {
    observation.atMs = startMs + Math.floor((index + random()) * paceMs);
    observation.selectorBits = -1;
    observation.numbers.fill(900 + ((index * 7919) % 8000));
    for (let field = 0; field < observation.values.length; field++) {
      observation.values[field] = 1 + Math.floor(random() * (field === 0 ? 60 : 3));
    }
    admit(plan, state, observation);
    readFeatures(plan, state, out);
  }
  const { user, system } = process.threadCpuUsage(before);
  return { usPerEvent: (user + system) / count, state };
}

/** What an event costs with few and with many features on one entity. */
export async function measureFeatures({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 3 : 9;
  const events = quick ? 20_000 : 200_000;
  const costs = new Map<number, number[]>([1, 10, 50].map((count) => [count, []]));
  for (let run = -1; run < runs; run++) {
    for (const [count, samples] of costs) {
      const { usPerEvent } = play(featureSet(count), events, PACES_MS.ordinary);
      if (run >= 0) samples.push(usPerEvent);
    }
  }
  const figures = [...costs].map(([count, samples]) => {
    note(`  ${count} features: ${median(samples).toFixed(2)} µs per event`);
    return figure(`us_per_event_${count}`, `an event with ${count} features on one entity`, 'µs', samples);
  });
  const perFeature = (costs.get(50) ?? []).map((cost) => cost / 50);
  return [...figures, figure('us_per_feature', 'an event with 50 features, for each feature', 'µs', perFeature)];
}

/** One hour by one minute against one hour that tumbles: time and memory, for an ordinary and for a busy entity. */
export async function measureHopping({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 3 : 15;
  const events = quick ? 20_000 : 200_000;
  const figures: Figure[] = [];
  const worst: number[] = [];
  for (const [pace, paceMs] of Object.entries(PACES_MS)) {
    const times: number[] = [];
    let memory = 0;
    for (let run = -1; run < runs; run++) {
      const tumbling = play(comparedFeatures(TUMBLING), events, paceMs);
      const hopping = play(comparedFeatures(HOPPING), events, paceMs);
      memory = hopping.state.slab.byteLength / tumbling.state.slab.byteLength;
      if (run >= 0) times.push(hopping.usPerEvent / tumbling.usPerEvent);
    }
    note(`  ${pace}: ${median(times).toFixed(2)} of the time, ${memory.toFixed(2)} of the memory`);
    figures.push(
      figure(`hopping_to_tumbling_time_${pace}`, `time, one event in ${paceMs / 1000} s`, '', times, '<= 1.5'),
    );
    figures.push(
      figure(`hopping_to_tumbling_memory_${pace}`, `memory, one event in ${paceMs / 1000} s`, '', [memory], '<= 1.5'),
    );
    worst.push(median(times), memory);
  }
  return [...figures, figure('hopping_to_tumbling', 'the worst of these', '', [Math.max(...worst)], '<= 1.5')];
}
