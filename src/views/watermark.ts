import type { EventTimeSpec } from '../domain/views.ts';

/** JSON form of a watermark. */
export type EncodedWatermark = {
  readonly watermarkMs: number;
  /** Name, largest event time, and time of recording of the last event of each producer. */
  readonly producers: readonly (readonly [string, number, number])[];
};

type Producer = { latestMs: number; recordedMs: number };

/** Producers that are followed one by one; what others send moves no watermark. */
const PRODUCERS_MAX = 10_000;

/**
 * How far the event time of a stream has come: up to it all events are thought to have arrived. The smallest over the
 * producers of the largest event time that each has sent, less the declared out-of-orderness; a producer that has sent
 * nothing for `idleAfterMs` of the time of recording is left out. Never goes back. Depends on the records alone.
 */
export class Watermark {
  readonly #spec: EventTimeSpec;
  readonly #producers = new Map<string, Producer>();
  #watermarkMs = 0;

  constructor(spec: EventTimeSpec, encoded: EncodedWatermark | null) {
    this.#spec = spec;
    if (encoded === null) return;
    this.#watermarkMs = encoded.watermarkMs;
    for (const [name, latestMs, recordedMs] of encoded.producers) this.#producers.set(name, { latestMs, recordedMs });
  }

  get watermarkMs(): number {
    return this.#watermarkMs;
  }

  /** Takes an event of a producer in. O(producers). */
  take(name: string, atMs: number, recordedMs: number): void {
    const known = this.#producers.get(name);
    if (known !== undefined) {
      known.latestMs = Math.max(known.latestMs, atMs);
      known.recordedMs = Math.max(known.recordedMs, recordedMs);
    } else if (this.#producers.size < PRODUCERS_MAX) this.#producers.set(name, { latestMs: atMs, recordedMs });
    let slowestMs = Number.POSITIVE_INFINITY;
    for (const producer of this.#producers.values()) {
      if (recordedMs - producer.recordedMs > this.#spec.idleAfterMs) continue;
      slowestMs = Math.min(slowestMs, producer.latestMs);
    }
    if (slowestMs === Number.POSITIVE_INFINITY) return;
    this.#watermarkMs = Math.max(this.#watermarkMs, slowestMs - this.#spec.outOfOrdernessMs);
  }

  encode(): EncodedWatermark {
    const producers = [...this.#producers].map(
      ([name, { latestMs, recordedMs }]) => [name, latestMs, recordedMs] as const,
    );
    return { watermarkMs: this.#watermarkMs, producers: producers.sort(([left], [right]) => (left < right ? -1 : 1)) };
  }
}
