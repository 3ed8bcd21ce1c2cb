import { setTimeout as sleep } from 'node:timers/promises';
import { createKafkaBus } from '../../src/adapters/kafka/mod.ts';
import type { BusMessage, MessageBus } from '../../src/ports/message-bus.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { disorderedEventOf } from './events-out-of-order.ts';

const BATCH_MESSAGES = 24;
/** Share of the messages that are sent a second time: in the same batch, or a later one. */
const REPEATS_SHARE = 0.2;
const RETRY_PAUSE_MS = 200;

/** Sends events to the topics of a cluster, shuffled, and some of them twice. */
export class TopicLoad {
  /** When each event was first sent, ms. */
  readonly sentAtMs = new Map<number, number>();
  /** Messages that the topics took, and how many of them were repeats. */
  messages = 0;
  repeats = 0;
  readonly #bus: MessageBus;
  readonly #prefix: string;
  readonly #random: SeededRandom;
  #waiting: number[] = [];

  constructor(brokers: readonly string[], prefix: string, random: SeededRandom) {
    this.#bus = createKafkaBus({ brokers });
    this.#prefix = prefix;
    this.#random = random;
  }

  /** Takes an event, and sends those that wait once they are enough. */
  async take(index: number): Promise<void> {
    this.#waiting.push(index);
    if (this.#waiting.length >= BATCH_MESSAGES) await this.flush();
  }

  /** Sends what waits. Resolves when the topics have it. */
  async flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    const sent = [...this.sentAtMs.keys()];
    const repeated = batch.filter(() => this.#random.chance(REPEATS_SHARE));
    const again = repeated.map((index) => (this.#random.chance(0.5) ? index : this.#random.pick([...sent, index])));
    const messages = this.#shuffled([...batch, ...again]);
    const atMs = performance.now();
    for (const index of batch) this.sentAtMs.set(index, this.sentAtMs.get(index) ?? atMs);
    await this.#publish(messages.map((index) => this.#messageOf(index)));
    this.messages += messages.length;
    this.repeats += again.length;
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  async #publish(messages: readonly BusMessage[]): Promise<void> {
    for (;;) {
      try {
        return await this.#bus.publishAll(messages);
      } catch (error) {
        process.stderr.write(`The topics do not take a batch, it comes again: ${String(error)}\n`);
        await sleep(RETRY_PAUSE_MS);
      }
    }
  }

  #messageOf(index: number): BusMessage {
    const event = disorderedEventOf(index);
    const value = JSON.stringify(event);
    if (event.type === 'login') return { topic: `${this.#prefix}.logins`, key: event.accountId, value, headers: {} };
    return { topic: `${this.#prefix}.transactions`, key: event.cardId, value, headers: {} };
  }

  #shuffled(indices: readonly number[]): readonly number[] {
    return indices
      .map((index) => ({ index, order: this.#random.next() }))
      .sort((left, right) => left.order - right.order)
      .map(({ index }) => index);
  }
}
