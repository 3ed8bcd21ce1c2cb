import type { FeatureSpec } from '../../src/domain/features.ts';
import type { Observation, WindowPlan, WindowState } from '../../src/windows/mod.ts';
import { admit, createObservation, createWindowState, readFeatures, settle } from '../../src/windows/mod.ts';
import type { OracleEvent } from './oracle.ts';
import { isSelected } from './oracle.ts';

/** A feature of a card over transactions; `changes` tells what is different. */
export function feature(
  name: string,
  aggregate: FeatureSpec['aggregate'],
  sizeMs: number | null,
  changes: Partial<FeatureSpec> = {},
): FeatureSpec {
  const window = sizeMs === null ? null : ({ kind: 'sliding', sizeMs } as const);
  return { by: 'card', name, on: 'transaction', outcome: 'all', where: null, window, aggregate, ...changes };
}

export function event(atMs: number, changes: Partial<OracleEvent> = {}): OracleEvent {
  const nowhere = { latitude: Number.NaN, longitude: Number.NaN };
  return { atMs, on: 'transaction', flag: false, outcome: null, amount: 0, values: {}, ...nowhere, ...changes };
}

/** Plays events as the host does: admit, read, settle. */
export class Player {
  readonly plan: WindowPlan;
  state: WindowState;
  readonly #observation: Observation;
  readonly #out: Float64Array;

  constructor(plan: WindowPlan, state: WindowState = createWindowState(plan)) {
    this.plan = plan;
    this.state = state;
    this.#observation = createObservation(plan);
    this.#out = new Float64Array(plan.featureNames.length);
  }

  bitsOf(one: OracleEvent, isOutcome: boolean): number {
    let bits = 0;
    this.plan.selectors.forEach((selector, index) => {
      if ((selector.outcome !== 'all') === isOutcome && isSelected(selector, one)) bits |= 1 << index;
    });
    return bits;
  }

  admit(one: OracleEvent): number {
    const observation = this.#observation;
    observation.atMs = one.atMs;
    observation.selectorBits = this.bitsOf(one, false);
    this.plan.numericFields.forEach((_, index) => {
      observation.numbers[index] = one.amount;
    });
    this.plan.distinctFields.forEach((field, index) => {
      observation.values[index] = one.values[field] ?? 0;
    });
    observation.latitude = one.latitude;
    observation.longitude = one.longitude;
    return admit(this.plan, this.state, observation);
  }

  read(): number[] {
    readFeatures(this.plan, this.state, this.#out);
    return [...this.#out];
  }

  settle(one: OracleEvent): void {
    settle(this.plan, this.state, this.bitsOf(one, true));
  }

  /** Features at the time of the decision. */
  play(one: OracleEvent): number[] {
    this.admit(one);
    const features = this.read();
    this.settle(one);
    return features;
  }
}

/** Whether two feature values agree to a relative 1e-9; NaN on the expected side means that any value will do. */
export function agrees(actual: number, expected: number, tolerance = 1e-9): boolean {
  return Number.isNaN(expected) || Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected));
}
