import type { ReferenceUpdate } from '../domain/events.ts';
import { CAMPAIGNS } from './campaigns/campaigns.ts';
import { EventQueue } from './event-queue.ts';
import { liveOn, nextVisitMs } from './everyday-life.ts';
import { formatLocalTime } from './local-time.ts';
import { Person } from './person.ts';
import { RandomSource } from './random-source.ts';
import type { SimulatedEvent, SimulationOptions } from './simulation-event.ts';
import { HONEST, hours, type Stage } from './stage.ts';
import { createWorld, type World } from './world.ts';

/** Longest time that a campaign takes; the last one starts this long before the end, where the run is long enough. */
const CAMPAIGN_MS_MAX = hours(7);

type Action = (timeMs: number) => void;

function* statedFacts(world: World, startMs: number, newId: (prefix: string) => string): Generator<SimulatedEvent> {
  const occurredAt = formatLocalTime(startMs, 0);
  for (const person of world.people) {
    const { homeLocation: home, home: place } = person;
    const homeCountry = place.city.country;
    const shared = { type: 'reference' as const, occurredAt, home, homeCountry };
    const account: ReferenceUpdate = {
      ...shared,
      eventId: newId('ref'),
      entity: 'account',
      entityId: person.accountId,
    };
    yield { timeMs: startMs, event: account, label: HONEST };
    for (const cardId of person.cardIds) {
      const card: ReferenceUpdate = { ...shared, eventId: newId('ref'), entity: 'card', entityId: cardId };
      yield { timeMs: startMs, event: card, label: HONEST };
    }
  }
}

function stageCampaigns(stage: Stage, options: SimulationOptions): void {
  const lastMs = Math.max(options.attacksFromMs, stage.endMs - CAMPAIGN_MS_MAX);
  for (const kind of options.attacks) {
    for (let number = 1; number <= options.campaignsPerKind; number++) {
      const random = new RandomSource(options.seed, `campaign ${kind} ${number}`);
      const startMs = Math.floor(random.between(options.attacksFromMs, lastMs));
      stage.at(startMs, (timeMs) => CAMPAIGNS[kind](stage, random, timeMs));
    }
  }
}

/**
 * The events of a simulated population in order of time: first what is stated about cards and accounts, then logins,
 * signals and payments, with the staged attacks among them. Lazy: memory is bound by the population, whatever the
 * number of days. Equal options give equal events. Honest people act the same whatever the attacks are. O(log cards)
 * an event.
 */
export function* simulate(options: SimulationOptions): Generator<SimulatedEvent, void, void> {
  const world = createWorld(options.seed, options.cards, options.currency);
  const queue = new EventQueue<SimulatedEvent | Person | Action>();
  const endMs = options.startMs + hours(24 * options.days);
  let identifiers = 0;
  const newId = (prefix: string): string => `${prefix}-${options.seed}-${++identifiers}`;
  yield* statedFacts(world, options.startMs, newId);
  const stage: Stage = {
    world,
    endMs,
    newId,
    emit: (timeMs, event, label) => queue.push(timeMs, { timeMs, event, label }),
    at: (timeMs, action) => queue.push(timeMs, action),
  };
  for (const person of world.people) queue.push(nextVisitMs(person, options.startMs), person);
  stageCampaigns(stage, options);
  for (let next = queue.pop(); next !== undefined && next.timeMs < endMs; next = queue.pop()) {
    const { item, timeMs } = next;
    if (item instanceof Person) queue.push(liveOn(item, stage, timeMs), item);
    else if (typeof item === 'function') item(timeMs);
    else yield item;
  }
}
