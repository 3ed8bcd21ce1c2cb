import type { Location } from '../domain/events.ts';
import { customerIp } from './addresses.ts';
import { LOCAL_CATEGORIES, ONLINE_CATEGORIES } from './merchant-categories.ts';
import type { Merchant, OnlineShops, Place } from './places.ts';
import type { RandomSource } from './random-source.ts';

/** Bank identification numbers of the simulated issuer: six digits that are no assigned range of a card scheme. */
export const ISSUER_BINS = ['990110', '990120', '990130', '990140'] as const;

const FAVOURITES_PER_CATEGORY = 2;
const NIGHT_OWL_SHARE = 0.08;
const SECOND_DEVICE_SHARE = 0.4;
const PAYEES_MAX = 4;

export type Trip = { readonly place: Place; readonly untilMs: number };

/**
 * A cardholder: what they own, what they are used to, and where they are just now. One person has one account, one or
 * two cards and one or two devices. Mutable fields move only in `everyday-life.ts`.
 */
export class Person {
  readonly index: number;
  readonly random: RandomSource;
  readonly home: Place;
  readonly homeLocation: Location;
  readonly accountId: string;
  readonly cardIds: readonly string[];
  readonly bin: string;
  readonly devices: string[];
  readonly homeIp: string;
  readonly payees: string[];
  /** Card uses a day, on average. */
  readonly usesPerDay: number;
  /** Multiplies the usual amounts. */
  readonly spendFactor: number;
  /** Hours by which the day is shifted. */
  readonly shiftHours: number;
  readonly onlineShare: number;
  readonly favouriteLocal: readonly (readonly Merchant[])[];
  readonly favouriteOnline: readonly (readonly Merchant[])[];
  trip: Trip | null = null;
  /** When and where the person was at a till or arrived from a trip last; ahead of time while under way. */
  lastPresentMs = Number.NEGATIVE_INFINITY;
  lastPresentAt: Location;

  constructor(
    index: number,
    random: RandomSource,
    home: Place,
    homeLocation: Location,
    cardCount: number,
    online: OnlineShops,
  ) {
    this.index = index;
    this.random = random;
    this.home = home;
    this.homeLocation = homeLocation;
    this.lastPresentAt = homeLocation;
    this.accountId = `acct_${random.token(10)}`;
    this.cardIds = Array.from({ length: cardCount }, () => `tok_${random.token(14)}`);
    this.bin = random.pick(ISSUER_BINS);
    const deviceCount = random.chance(SECOND_DEVICE_SHARE) ? 2 : 1;
    this.devices = Array.from({ length: deviceCount }, () => `dev_${random.token(10)}`);
    this.homeIp = customerIp(index);
    this.payees = Array.from({ length: random.integer(1, PAYEES_MAX) }, () => `payee_${random.token(8)}`);
    this.usesPerDay = Math.max(0.2, Math.min(6, random.logNormal(1.6, 0.5)));
    this.spendFactor = Math.max(0.4, Math.min(3, random.logNormal(1, 0.3)));
    this.shiftHours = random.chance(NIGHT_OWL_SHARE) ? random.between(3, 5) : random.between(-1, 1);
    this.onlineShare = random.between(0.1, 0.4);
    this.favouriteLocal = LOCAL_CATEGORIES.map((_, category) =>
      random.sample(home.merchants[category] ?? [], FAVOURITES_PER_CATEGORY),
    );
    this.favouriteOnline = ONLINE_CATEGORIES.map((_, category) => random.sample(online[category] ?? [], 1));
  }

  /** Where the person stays: the place of the trip, or home. */
  get place(): Place {
    return this.trip === null ? this.home : this.trip.place;
  }
}
