import type { OutboundAnswer } from '../../ports/outbound.ts';
import { BinaryHeap } from './binary-heap.ts';
import { type BreakerSettings, type BreakerState, CircuitBreaker } from './circuit-breaker.ts';

/** How an endpoint is treated. */
export type LaneSettings = BreakerSettings & {
  /** Attempts under way at a time. */
  readonly concurrency: number;
  /** Attempts that may be made in an hour, over which they are spread; null for any number. */
  readonly perHourMax: number | null;
};

/** An effect on its way: what it is, what it must not overtake, and when it may go. */
export type LaneItem = {
  readonly endpoint: string;
  readonly effectId: string;
  readonly kind: string;
  readonly id: string;
  readonly run: number;
  readonly step: string;
  /** What keeps its order. */
  readonly orderKey: string;
  /** Place in that order: the position of the record that asked for it. */
  readonly position: number;
};

type Entry = LaneItem & {
  notBeforeMs: number;
  state: 'behind' | 'waiting' | 'ready' | 'sending' | 'settling' | 'parked' | 'gone';
  /** Of the item's place in a heap: an older one is no longer meant. */
  version: number;
};
type Place = { readonly entry: Entry; readonly version: number; readonly atMs: number };

export type LaneStatistics = {
  readonly waiting: number;
  readonly underWay: number;
  readonly breaker: BreakerState;
  readonly isDisabled: boolean;
};

/** What a lane has done for it. */
export type LaneCalls = {
  /** Makes one attempt; null where there is nothing to send any more. Never rejects. */
  readonly send: (item: LaneItem) => Promise<SentAttempt | null>;
  /** Takes an attempt that ended; the effect is offered again, or removed, once that is recorded. */
  readonly answered: (item: LaneItem, attempt: SentAttempt) => void;
};

/** One attempt that was made. */
export type SentAttempt = {
  readonly answer: OutboundAnswer;
  readonly startedAtMs: number;
  readonly latencyMs: number;
};

const HOUR_MS = 3_600_000;

/**
 * The queue of one endpoint. Of the effects about one entity only the first may go; the others wait for it to be
 * settled, however long it is retried. Effects about other entities do not wait for it, nor do other endpoints.
 */
export class EndpointLane {
  #settings: LaneSettings;
  readonly #calls: LaneCalls;
  readonly #breaker: CircuitBreaker;
  readonly #entries = new Map<string, Entry>();
  /** Per entity, the effects about it in their order; the first one is the one that may go. */
  readonly #byKey = new Map<string, Entry[]>();
  readonly #ready = new BinaryHeap<Place>((left, right) => left.entry.position < right.entry.position);
  readonly #waiting = new BinaryHeap<Place>((left, right) => left.atMs < right.atMs);
  #underWay = 0;
  #isDisabled = false;
  #tokens: number;
  #tokensAtMs = 0;

  constructor(settings: LaneSettings, calls: LaneCalls, random: () => number) {
    this.#settings = settings;
    this.#calls = calls;
    this.#breaker = new CircuitBreaker(settings, random);
    this.#tokens = settings.perHourMax ?? 0;
  }

  get statistics(): LaneStatistics {
    const { state } = this.#breaker;
    return {
      waiting: this.#entries.size - this.#underWay,
      underWay: this.#underWay,
      breaker: state,
      isDisabled: this.#isDisabled,
    };
  }

  /** Other bounds on attempts, from the next one on; the breaker stays as it is. */
  configure(settings: LaneSettings): void {
    const { perHourMax } = settings;
    if (perHourMax !== null) {
      this.#tokens = this.#settings.perHourMax === null ? perHourMax : Math.min(perHourMax, this.#tokens);
    }
    this.#settings = settings;
  }

  /** Puts an effect in, or says anew when one that is in may go; null parks it until it is offered again. */
  offer(item: LaneItem, notBeforeMs: number | null): void {
    let entry = this.#entries.get(item.effectId);
    if (entry === undefined) {
      entry = { ...item, notBeforeMs: 0, state: 'behind', version: 0 };
      this.#entries.set(item.effectId, entry);
      this.#insert(entry);
    }
    if (entry.state === 'sending' || entry.state === 'settling') return;
    entry.notBeforeMs = notBeforeMs ?? Number.POSITIVE_INFINITY;
    if (this.#byKey.get(entry.orderKey)?.[0] === entry) this.#place(entry);
  }

  /** What came of the last attempt is recorded: the effect may be offered again. */
  recorded(effectId: string): void {
    const entry = this.#entries.get(effectId);
    if (entry?.state === 'settling') entry.state = 'parked';
  }

  /** Takes an effect out: it is settled or no longer wanted. One under way still occupies its place until answered. */
  remove(effectId: string): void {
    const entry = this.#entries.get(effectId);
    if (entry === undefined) return;
    this.#entries.delete(effectId);
    if (entry.state === 'sending') entry.state = 'gone';
    else this.#release(entry);
  }

  /** Lets an endpoint that was given up be used again, at once. */
  enable(): void {
    this.#isDisabled = false;
    this.#breaker.reset();
  }

  /** Starts what may start, and answers when to look again: ms since the epoch, infinite where nothing waits. */
  pump(nowMs: number): number {
    if (this.#isDisabled) return Number.POSITIVE_INFINITY;
    for (let place = this.#waiting.peek(); place !== undefined; place = this.#waiting.peek()) {
      const isMeant = place.entry.version === place.version && place.entry.state === 'waiting';
      if (isMeant && place.atMs > nowMs) break;
      this.#waiting.pop();
      if (isMeant) this.#makeReady(place.entry);
    }
    for (let place = this.#ready.peek(); place !== undefined; place = this.#ready.peek()) {
      const isMeant = place.entry.version === place.version && place.entry.state === 'ready';
      if (isMeant && !this.#mayStart(nowMs)) break;
      this.#ready.pop();
      if (isMeant) this.#start(place.entry);
    }
    return this.#nextLookMs(nowMs);
  }

  #nextLookMs(nowMs: number): number {
    const waitingMs = this.#waiting.peek()?.atMs ?? Number.POSITIVE_INFINITY;
    if (this.#ready.size === 0) return waitingMs;
    const { reopenAtMs } = this.#breaker;
    const tokenMs = this.#tokenAtMs(nowMs);
    // What is ready and blocked by attempts under way is looked at when one of them ends.
    const readyMs = Math.max(reopenAtMs, tokenMs) > nowMs ? Math.max(reopenAtMs, tokenMs) : Number.POSITIVE_INFINITY;
    return Math.min(waitingMs, readyMs);
  }

  #mayStart(nowMs: number): boolean {
    if (this.#underWay >= this.#settings.concurrency) return false;
    if (this.#tokenAtMs(nowMs) > nowMs) return false;
    return this.#breaker.admits(nowMs, this.#underWay);
  }

  /** When the next token is there; 0 where there is one now or none is needed. A bucket of an hour's attempts. */
  #tokenAtMs(nowMs: number): number {
    const { perHourMax } = this.#settings;
    if (perHourMax === null) return 0;
    if (this.#tokensAtMs === 0) this.#tokensAtMs = nowMs;
    const gained = ((nowMs - this.#tokensAtMs) * perHourMax) / HOUR_MS;
    if (gained > 0) {
      this.#tokens = Math.min(perHourMax, this.#tokens + gained);
      this.#tokensAtMs = nowMs;
    }
    return this.#tokens >= 1 ? 0 : nowMs + Math.ceil(((1 - this.#tokens) * HOUR_MS) / perHourMax);
  }

  #start(entry: Entry): void {
    entry.state = 'sending';
    this.#underWay += 1;
    if (this.#settings.perHourMax !== null) this.#tokens -= 1;
    void this.#calls.send(entry).then((attempt) => this.#ended(entry, attempt));
  }

  #ended(entry: Entry, attempt: SentAttempt | null): void {
    this.#underWay -= 1;
    if (attempt !== null) this.#judge(attempt);
    // Removed meanwhile, or not sent at all: its place is free.
    if (entry.state === 'gone' || attempt === null) {
      this.#entries.delete(entry.effectId);
      this.#release(entry);
    } else entry.state = 'settling';
    if (attempt !== null) this.#calls.answered(entry, attempt);
  }

  #judge({ answer: { outcome, code, pauseMs }, startedAtMs, latencyMs }: SentAttempt): void {
    if (outcome === 'gone') this.#isDisabled = true;
    const isRefusal = code >= 400 && code < 500 && code !== 408 && code !== 429;
    if (outcome === 'failed' && !isRefusal) {
      this.#breaker.failed(startedAtMs + latencyMs, pauseMs);
      return;
    }
    if (this.#breaker.succeeded()) this.#expedite();
  }

  /** The endpoint is back: what waits for a next attempt goes at once, in order. */
  #expedite(): void {
    for (const { entry, version } of this.#waiting.drain()) {
      if (entry.version !== version || entry.state !== 'waiting') continue;
      this.#makeReady(entry);
    }
  }

  #insert(entry: Entry): void {
    const queue = this.#byKey.get(entry.orderKey);
    if (queue === undefined) {
      this.#byKey.set(entry.orderKey, [entry]);
      return;
    }
    let index = queue.length;
    // The first one may be under way: nothing is put before it.
    while (index > 1 && (queue[index - 1]?.position ?? 0) > entry.position) index -= 1;
    const [first] = queue;
    const isBeforeFirst =
      index === 1 && first !== undefined && first.position > entry.position && first.state !== 'sending';
    queue.splice(isBeforeFirst ? 0 : index, 0, entry);
    if (!isBeforeFirst || first === undefined) return;
    first.state = 'behind';
    first.version += 1;
  }

  #place(entry: Entry): void {
    entry.version += 1;
    if (entry.notBeforeMs === Number.POSITIVE_INFINITY) {
      entry.state = 'parked';
      return;
    }
    entry.state = 'waiting';
    this.#waiting.push({ entry, version: entry.version, atMs: entry.notBeforeMs });
  }

  #makeReady(entry: Entry): void {
    entry.version += 1;
    entry.state = 'ready';
    this.#ready.push({ entry, version: entry.version, atMs: 0 });
  }

  #release(entry: Entry): void {
    entry.version += 1;
    const queue = this.#byKey.get(entry.orderKey);
    if (queue === undefined) return;
    const index = queue.indexOf(entry);
    if (index >= 0) queue.splice(index, 1);
    const [next] = queue;
    if (next === undefined) this.#byKey.delete(entry.orderKey);
    else if (next.state === 'behind') this.#place(next);
  }
}
