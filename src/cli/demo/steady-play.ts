import { setTimeout as sleep } from 'node:timers/promises';
import type { TrafficItem } from '../traffic/traffic-item.ts';
import type { TrafficPlayer } from '../traffic/traffic-player.ts';

const TICK_MS = 4;

/**
 * Plays items at a steady rate whatever the answers take (open loop): slow answers make the queue longer, they do not
 * slow the traffic down and so flatter the latencies. Resolves when the last one was taken in.
 */
export async function playSteadily(
  items: readonly TrafficItem[],
  ratePerS: number,
  player: TrafficPlayer,
  onTick: (sent: number) => void,
): Promise<void> {
  const startMs = performance.now();
  let sent = 0;
  while (sent < items.length) {
    const due = Math.min(items.length, Math.ceil(((performance.now() - startMs) / 1000) * ratePerS));
    for (; sent < due; sent++) {
      const item = items[sent];
      if (item !== undefined) player.push(item);
    }
    onTick(sent);
    await sleep(TICK_MS);
  }
}
