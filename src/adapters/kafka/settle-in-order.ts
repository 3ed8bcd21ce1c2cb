import type { InboundMessage } from '../../ports/message-bus.ts';

/** Messages of one key that are handled at a time: fewer than may wait for one entity. */
const KEY_AT_ONCE = 64;

type Place = { readonly index: number; readonly message: InboundMessage };

/**
 * Hands messages over in their order, many at a time but few of one key, and tells how many from the first on are
 * settled. Once a message could not be settled, no later part of its key is handed over.
 */
export async function settledCount(
  messages: readonly InboundMessage[],
  onMessage: (message: InboundMessage) => Promise<void>,
): Promise<number> {
  let firstOpen = messages.length;
  const settle = async ({ index, message }: Place): Promise<void> => {
    try {
      await onMessage(message);
    } catch {
      firstOpen = Math.min(firstOpen, index);
    }
  };
  const { first, rest } = partsOf(messages);
  await Promise.all(first.map(settle));
  const settleLane = async (lane: readonly Place[]): Promise<void> => {
    let next = 0;
    for (; next < lane.length && firstOpen === messages.length; next += KEY_AT_ONCE) {
      await Promise.all(lane.slice(next, next + KEY_AT_ONCE).map(settle));
    }
    firstOpen = Math.min(firstOpen, lane[next]?.index ?? messages.length);
  };
  await Promise.all(rest.map(settleLane));
  return firstOpen;
}

/** What may be handed over at once, in order, and what has to wait, by key. */
function partsOf(messages: readonly InboundMessage[]): { first: readonly Place[]; rest: readonly Place[][] } {
  const counts = new Map<string, number>();
  const rest = new Map<string, Place[]>();
  const first: Place[] = [];
  for (const [index, message] of messages.entries()) {
    const { key } = message;
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    if (key === '' || count < KEY_AT_ONCE) {
      first.push({ index, message });
      continue;
    }
    const lane = rest.get(key);
    if (lane === undefined) rest.set(key, [{ index, message }]);
    else lane.push({ index, message });
  }
  return { first, rest: [...rest.values()] };
}
