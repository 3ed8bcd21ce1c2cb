import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafkaSource } from '../../src/adapters/kafka/mod.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import type { InboundMessage, MessageReader } from '../../src/ports/message-bus.ts';
import { endAfterTests } from '../support/end-of-file.ts';

endAfterTests();

const TRY_AGAIN_MS = 200;

let topicCount = 0;

/** A topic, a prefix or a group that no other test has. */
export function fresh(name: string): string {
  return `${name}-${process.pid}-${Date.now().toString(36)}-${topicCount++}`;
}

/** Does something, and again while the brokers do not answer: what is published so may be there twice. */
export async function surely<Done>(action: () => Promise<Done>): Promise<Done> {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!isPalisadeError(error, 'BUS_UNAVAILABLE')) throw error;
      await sleep(TRY_AGAIN_MS);
    }
  }
}

/** Messages of a topic as they come in: some come again where reader or broker were slow or gone for a while. */
export type Gathered = {
  /** Each as it came first, in that order. */
  readonly messages: readonly InboundMessage[];
  readonly reader: MessageReader;
  /** Resolves when there are as many as were asked for. */
  readonly enough: Promise<void>;
};

/** Tells a message from every other one; what has the same id is the same one again. */
export type IdOf = (message: InboundMessage) => string;

/** What a reader was given again is no other message; the bus having it twice is. */
function placeOf({ partition, offset }: InboundMessage): string {
  return `${partition}/${offset}`;
}

/** Reads a topic until it has given as many messages that are not the same. */
export async function gather(
  brokers: readonly string[],
  topic: string,
  count: number,
  { group = fresh('group'), idOf = placeOf }: { readonly group?: string; readonly idOf?: IdOf } = {},
): Promise<Gathered> {
  const messages: InboundMessage[] = [];
  const seen = new Set<string>();
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const onMessage = async (each: InboundMessage): Promise<void> => {
    const id = idOf(each);
    if (seen.has(id)) return;
    seen.add(id);
    messages.push(each);
    if (messages.length >= count) resolve();
  };
  const consume = { group, topics: [topic], onMessage, onEnd: () => {} };
  return { messages, enough, reader: await surely(() => createKafkaSource({ brokers }).consume(consume)) };
}

/** Text of a message. */
export function textOf(each: InboundMessage): string {
  return new TextDecoder().decode(each.value);
}

/** What the record of a message that was published from the log is known by. */
export function recordOf({ headers }: InboundMessage): string {
  return headers.ce_id ?? '';
}
