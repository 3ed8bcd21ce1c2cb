import process from 'node:process';
import { createKafkaSource } from '../../src/adapters/kafka/mod.ts';
import type { InboundMessage, MessageReader } from '../../src/ports/message-bus.ts';

let topicCount = 0;

/** A topic, a prefix or a group that no other test has. */
export function fresh(name: string): string {
  return `${name}-${process.pid}-${Date.now().toString(36)}-${topicCount++}`;
}

/** Messages of a topic as they come in. */
export type Gathered = {
  readonly messages: InboundMessage[];
  readonly reader: MessageReader;
  /** Resolves when there are as many as were asked for. */
  readonly enough: Promise<void>;
};

/** Reads a topic until it has given as many messages. */
export async function gather(
  brokers: readonly string[],
  topic: string,
  count: number,
  group: string = fresh('group'),
): Promise<Gathered> {
  const messages: InboundMessage[] = [];
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const onMessage = async (each: InboundMessage): Promise<void> => {
    messages.push(each);
    if (messages.length >= count) resolve();
  };
  const consume = { group, topics: [topic], onMessage, onEnd: () => {} };
  return { messages, enough, reader: await createKafkaSource({ brokers }).consume(consume) };
}

/** Text of a message. */
export function textOf(each: InboundMessage): string {
  return new TextDecoder().decode(each.value);
}
