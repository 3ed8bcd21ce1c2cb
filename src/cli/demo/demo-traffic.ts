import { simulate } from '../../simulator/simulation.ts';
import { CAMPAIGN_KINDS, isTransaction } from '../../simulator/simulation-event.ts';
import { type TrafficItem, toTrafficItem } from '../traffic/traffic-item.ts';

const DAY_MS = 86_400_000;

export type DemoTrafficOptions = {
  readonly seed: number;
  readonly cards: number;
  readonly quietDays: number;
  readonly attackedDays: number;
  /** Start of the first day, ms since the epoch. */
  readonly startMs: number;
};

/** Traffic in two acts: days in which the engine gets to know everybody, and days with attacks among them. */
export type DemoTraffic = {
  readonly quiet: readonly TrafficItem[];
  readonly attacked: readonly TrafficItem[];
  readonly payments: number;
};

/** Simulates both acts. They fit into memory: a demo has some ten thousand events. */
export function createDemoTraffic(options: DemoTrafficOptions): DemoTraffic {
  const attacksFromMs = options.startMs + options.quietDays * DAY_MS;
  const quiet: TrafficItem[] = [];
  const attacked: TrafficItem[] = [];
  let payments = 0;
  const events = simulate({
    seed: options.seed,
    cards: options.cards,
    days: options.quietDays + options.attackedDays,
    startMs: options.startMs,
    attacks: CAMPAIGN_KINDS,
    attacksFromMs,
    campaignsPerKind: 1,
    currency: 'EUR',
  });
  for (const { event, label, timeMs } of events) {
    const item = toTrafficItem(event, { fraud: label.fraud, group: label.campaign ?? 'honest' });
    (timeMs < attacksFromMs ? quiet : attacked).push(item);
    if (timeMs >= attacksFromMs && isTransaction(event)) payments++;
  }
  return { quiet, attacked, payments };
}
