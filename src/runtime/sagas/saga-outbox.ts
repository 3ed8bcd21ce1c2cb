import { effectIdOf } from '../../domain/sagas.ts';
import type { EndpointReport } from '../../ports/saga-door.ts';
import type { SagaRow } from '../../ports/saga-index.ts';
import { EndpointLane, type LaneCalls, type LaneSettings } from './endpoint-lane.ts';

/** Longest that an effect may wait for its next attempt after a restart, whatever the clock said before it, ms. */
const RESUME_WAIT_MS_MAX = 3_600_000;

/** How an endpoint is treated where the settings say nothing. */
export const DEFAULT_LANE: LaneSettings = {
  concurrency: 16,
  perHourMax: null,
  failuresMax: 5,
  openMs: 1_000,
  openMsMax: 60_000,
};

/** The effects that are to be sent, a lane an endpoint. Holds nothing that the streams of the sagas do not. */
export class SagaOutbox {
  readonly #lanes = new Map<string, EndpointLane>();
  #settings: ReadonlyMap<string, LaneSettings>;
  readonly #calls: LaneCalls;
  readonly #random: () => number;

  constructor(settings: ReadonlyMap<string, LaneSettings>, calls: LaneCalls, random: () => number) {
    this.#settings = settings;
    this.#calls = calls;
    this.#random = random;
    for (const name of settings.keys()) this.#lane(name);
  }

  /** Treats the endpoints otherwise from now on. What waits for one that is gone stays, and is told so when sent. */
  configure(settings: ReadonlyMap<string, LaneSettings>): void {
    this.#settings = settings;
    for (const name of settings.keys()) this.#lane(name);
    for (const [name, lane] of this.#lanes) lane.configure(settings.get(name) ?? DEFAULT_LANE);
  }

  /** Puts in what a saga has to send; what is in already learns when it may go. */
  offer(row: SagaRow, orderKey: string): void {
    const { kind, id, run } = row;
    for (const { step, endpoint, retryAtMs, position } of row.pending) {
      const effectId = effectIdOf(kind, id, run, step);
      this.#lane(endpoint).offer({ endpoint, effectId, kind, id, run, step, orderKey, position }, retryAtMs);
    }
  }

  /** As `offer`, for a saga that another life of the process left. */
  resume(row: SagaRow, orderKey: string, nowMs: number): void {
    const pending = row.pending.map((effect) => {
      const retryAtMs = effect.retryAtMs === null ? null : Math.min(effect.retryAtMs, nowMs + RESUME_WAIT_MS_MAX);
      return { ...effect, retryAtMs };
    });
    this.offer({ ...row, pending }, orderKey);
  }

  /** What came of the last attempt is recorded. */
  recorded(endpoint: string, effectId: string): void {
    this.#lane(endpoint).recorded(effectId);
  }

  remove(endpoint: string, effectId: string): void {
    this.#lane(endpoint).remove(effectId);
  }

  /** Lets the endpoints of a saga's waiting effects be used again where they were given up. */
  enable(row: SagaRow): void {
    for (const { endpoint } of row.pending) this.#lane(endpoint).enable();
  }

  /** Starts every attempt that may start; answers when to look again, ms since the epoch, infinite for never. */
  pump(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) nextMs = Math.min(nextMs, lane.pump(nowMs));
    return nextMs;
  }

  reports(): EndpointReport[] {
    const reports = [...this.#lanes].map(([name, lane]) => ({ name, ...lane.statistics }));
    return reports.filter(({ name, waiting, underWay }) => this.#settings.has(name) || waiting + underWay > 0);
  }

  #lane(name: string): EndpointLane {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const lane = new EndpointLane(this.#settings.get(name) ?? DEFAULT_LANE, this.#calls, this.#random);
    this.#lanes.set(name, lane);
    return lane;
  }
}
