import { pointAround } from './globe.ts';
import { Person } from './person.ts';
import { createOnlineShops, createPlaces, type OnlineShops, type Place } from './places.ts';
import { RandomSource } from './random-source.ts';

/** Everything that stands still: places, web shops, and people with their cards. */
export type World = {
  readonly currency: string;
  readonly places: readonly Place[];
  readonly online: OnlineShops;
  readonly people: readonly Person[];
};

const HOMES_RADIUS_KM = 12;
const CARDS_PER_CITY = 60;
const HOME_CITIES_MIN = 6;
const SECOND_CARD_SHARE = 0.15;
const CARDS_PER_SHOP = 1500;
const SHOPS_PER_CATEGORY_MIN = 3;
const SHOPS_PER_CATEGORY_MAX = 40;

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

/**
 * Builds the world for a number of cards. The same seed and size give the same world. O(cards).
 * People live in the first cities of the table, about sixty cards to a city, and travel to all of them.
 */
export function createWorld(seed: number, cards: number, currency: string): World {
  const random = new RandomSource(seed, 'places');
  const shops = clamp(Math.round(cards / CARDS_PER_SHOP), SHOPS_PER_CATEGORY_MIN, SHOPS_PER_CATEGORY_MAX);
  const places = createPlaces(shops, random);
  const online = createOnlineShops(random);
  const homes = places.slice(0, clamp(Math.round(cards / CARDS_PER_CITY), HOME_CITIES_MIN, places.length));
  const people: Person[] = [];
  for (let issued = 0; issued < cards; ) {
    const personal = new RandomSource(seed, `person ${people.length}`);
    const cardCount = issued + 1 < cards && personal.chance(SECOND_CARD_SHARE) ? 2 : 1;
    const home = personal.pick(homes);
    const location = pointAround(personal, home.city, HOMES_RADIUS_KM);
    people.push(new Person(people.length, personal, home, location, cardCount, online));
    issued += cardCount;
  }
  return { currency, places, online, people };
}
