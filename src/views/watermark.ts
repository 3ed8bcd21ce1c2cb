import type { EventTimeSpec } from '../domain/views.ts';
import { type Producer, ProducerHeap } from './producer-heap.ts';

/** JSON form of a watermark. */
export type EncodedWatermark = {
  readonly watermarkMs: number;
  /** Latest time of recording of all events. */
  readonly nowMs: number;
  /** Name, largest event time, and time of recording of the last event of each producer. */
  readonly producers: readonly (readonly [string, number, number])[];
};

/** Producers that are followed one by one; while none of so many is idle, what others send moves no watermark. */
const PRODUCERS_MAX = 1_000;

/**
 * How far the event time of a stream has come: up to it all events are thought to have arrived. The smallest over the
 * producers of the largest event time that each has sent, less the declared out-of-orderness; a producer that has sent
 * nothing for `idleAfterMs` of the time of recording is left out. Never goes back. Depends on the records alone.
 */
export class Watermark {
  readonly #spec: EventTimeSpec;
  readonly #producers = new Map<string, Producer>();
  /** Those that may hold the watermark back: all that are not idle, and some that are. */
  readonly #heap = new ProducerHeap();
  #watermarkMs = 0;
  #nowMs = 0;
  /** No producer is idle before this time of recording. */
  #idleFromMs = 0;

  constructor(spec: EventTimeSpec, encoded: EncodedWatermark | null) {
    this.#spec = spec;
    if (encoded === null) return;
    this.#watermarkMs = encoded.watermarkMs;
    this.#nowMs = encoded.nowMs;
    for (const [name, latestMs, recordedMs] of encoded.producers) this.#follow(name, latestMs, recordedMs);
  }

  get watermarkMs(): number {
    return this.#watermarkMs;
  }

  /** Takes an event of a producer in. O(log producers), amortised. */
  take(name: string, atMs: number, recordedMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, recordedMs);
    const known = this.#producers.get(name);
    if (known !== undefined) {
      known.latestMs = Math.max(known.latestMs, atMs);
      known.recordedMs = Math.max(known.recordedMs, recordedMs);
      this.#heap.put(known);
    } else {
      if (this.#producers.size >= PRODUCERS_MAX) this.#forgetIdle();
      if (this.#producers.size < PRODUCERS_MAX) this.#follow(name, atMs, recordedMs);
    }
    let slowest = this.#heap.first;
    while (slowest !== undefined && this.#isIdle(slowest)) {
      this.#heap.remove(slowest);
      slowest = this.#heap.first;
    }
    if (slowest === undefined) return;
    this.#watermarkMs = Math.max(this.#watermarkMs, slowest.latestMs - this.#spec.outOfOrdernessMs);
  }

  encode(): EncodedWatermark {
    const producers = [...this.#producers].map(
      ([name, { latestMs, recordedMs }]) => [name, latestMs, recordedMs] as const,
    );
    const inOrder = producers.sort(([left], [right]) => (left < right ? -1 : 1));
    return { watermarkMs: this.#watermarkMs, nowMs: this.#nowMs, producers: inOrder };
  }

  #follow(name: string, latestMs: number, recordedMs: number): void {
    const producer = { latestMs, recordedMs, place: -1 };
    this.#producers.set(name, producer);
    this.#heap.put(producer);
  }

  #isIdle({ recordedMs }: Producer): boolean {
    return this.#nowMs - recordedMs > this.#spec.idleAfterMs;
  }

  /** Makes room for others. O(producers) where one may be idle, else nothing. */
  #forgetIdle(): void {
    if (this.#nowMs < this.#idleFromMs) return;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const [name, producer] of this.#producers) {
      if (this.#isIdle(producer)) {
        this.#heap.remove(producer);
        this.#producers.delete(name);
      } else oldestMs = Math.min(oldestMs, producer.recordedMs);
    }
    this.#idleFromMs = oldestMs + this.#spec.idleAfterMs;
  }
}
