import type { BusMessage, MessageBus } from '../../ports/message-bus.ts';

/** A bus in memory that keeps every message in order, for tests. `beforePublish` may throw to refuse one. */
export class MemoryMessageBus implements MessageBus {
  readonly messages: BusMessage[] = [];
  readonly #beforePublish: (message: BusMessage) => void;

  constructor(beforePublish: (message: BusMessage) => void = () => {}) {
    this.#beforePublish = beforePublish;
  }

  publish(message: BusMessage): Promise<void> {
    try {
      this.#beforePublish(message);
    } catch (error) {
      return Promise.reject(error);
    }
    this.messages.push(message);
    return Promise.resolve();
  }

  async publishAll(messages: readonly BusMessage[]): Promise<void> {
    for (const message of messages) await this.publish(message);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
