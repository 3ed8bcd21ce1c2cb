import type { InboundMessage } from '../../ports/message-bus.ts';

/** Messages handed over in one turn of the event loop: calls over HTTP, and answers of brokers, come in between. */
const TURN_MESSAGES = 64;

/**
 * Hands messages over, those of different keys at once and those of one key one after the other, and tells how many
 * from the first on are settled. Once a message could not be settled, no later one of its key is handed over. Two of
 * one key at a time would be enough to lose their order: the first may have to wait for an actor, or for a look into
 * the log, that the second needs none of.
 */
export async function settledCount(
  messages: readonly InboundMessage[],
  onMessage: (message: InboundMessage) => Promise<void>,
): Promise<number> {
  let firstOpen = messages.length;
  /** Last message of each key so far, and what follows it: the index of the next message of its key; -1 for none. */
  const lastByKey = new Map<string, number>();
  const following = new Int32Array(messages.length).fill(-1);
  const first: number[] = [];
  for (const [index, { key }] of messages.entries()) {
    const last = key === '' ? undefined : lastByKey.get(key);
    if (last === undefined) first.push(index);
    else following[last] = index;
    lastByKey.set(key, index);
  }
  const settleFrom = async (begin: number): Promise<void> => {
    for (let index = begin; index !== -1; index = following[index] ?? -1) {
      const message = messages[index];
      if (message === undefined) return;
      try {
        await onMessage(message);
      } catch {
        firstOpen = Math.min(firstOpen, index);
        return;
      }
    }
  };
  const runs: Promise<void>[] = [];
  for (const begin of first) {
    if (runs.length > 0 && runs.length % TURN_MESSAGES === 0) await new Promise(setImmediate);
    runs.push(settleFrom(begin));
  }
  await Promise.all(runs);
  return firstOpen;
}
