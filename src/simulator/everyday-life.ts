import { distanceKm } from './globe.ts';
import { localHour, localWeekday } from './local-time.ts';
import { LOCAL_CATEGORIES, TRANSFER_WEIGHT } from './merchant-categories.ts';
import { payOnline, sendTransfer } from './online-life.ts';
import { drawAmountMinor, presentPayment } from './payment-builders.ts';
import type { Person } from './person.ts';
import type { Merchant } from './places.ts';
import type { RandomSource } from './random-source.ts';
import { HONEST, hours, type Stage } from './stage.ts';

/** How busy each hour of the day is, around a mean of 1. */
const HOUR_PROFILE = [
  0.15, 0.08, 0.05, 0.04, 0.05, 0.15, 0.4, 0.9, 1.2, 1.2, 1.3, 1.5, 2, 1.8, 1.4, 1.3, 1.5, 1.9, 2.1, 1.8, 1.3, 0.9, 0.6,
  0.3,
];
const HOUR_PROFILE_MAX = 2.5;
const SATURDAY_FACTOR = 1.15;
const SUNDAY_FACTOR = 0.8;
const FAVOURITE_SHARE = 0.8;
const CITY_SPEED_KMH = 40;
const AIR_SPEED_KMH = 700;
const AIRPORT_HOURS = 2.5;
const TRIP_PER_VISIT = 0.004;
const TRIP_CANDIDATES = 3;
const MAIN_CARD_SHARE = 0.85;

const LOCAL_WEIGHTS = cumulate(LOCAL_CATEGORIES.map((category) => category.weight));
const LOCAL_TOTAL = LOCAL_WEIGHTS.at(-1) ?? 0;

function cumulate(weights: readonly number[]): readonly number[] {
  let total = 0;
  return weights.map((weight) => {
    total += weight;
    return total;
  });
}

function activityAt(person: Person, timeMs: number): number {
  const offset = person.place.city.utcOffsetMinutes;
  const hour = Math.floor((localHour(timeMs, offset) - person.shiftHours + 24) % 24);
  const weekday = localWeekday(timeMs, offset);
  const week = weekday === 6 ? SATURDAY_FACTOR : weekday === 7 ? SUNDAY_FACTOR : 1;
  return (HOUR_PROFILE[hour] ?? 1) * week;
}

/**
 * When the person pays next: a Poisson process whose rate follows the hour of day and the day of week, drawn by
 * thinning (Lewis and Shedler, 1979). About three draws.
 */
export function nextVisitMs(person: Person, fromMs: number): number {
  const meanGapMs = hours(24) / (person.usesPerDay * HOUR_PROFILE_MAX);
  let timeMs = fromMs;
  do timeMs += person.random.exponential(meanGapMs);
  while (person.random.next() * HOUR_PROFILE_MAX >= activityAt(person, timeMs));
  return timeMs;
}

function chooseMerchant(person: Person, random: RandomSource): Merchant | null {
  const category = random.pickWeighted(LOCAL_WEIGHTS);
  const favourites = person.trip === null ? person.favouriteLocal[category] : undefined;
  const pool =
    favourites !== undefined && random.chance(FAVOURITE_SHARE) ? favourites : person.place.merchants[category];
  return pool === undefined || pool.length === 0 ? null : random.pick(pool);
}

function canBeThere(person: Person, merchant: Merchant, timeMs: number): boolean {
  if (merchant.location === null) return false;
  const elapsedHours = (timeMs - person.lastPresentMs) / hours(1);
  return distanceKm(person.lastPresentAt, merchant.location) <= elapsedHours * CITY_SPEED_KMH;
}

function travel(person: Person, stage: Stage, timeMs: number): void {
  const { random } = person;
  const from = person.place.city;
  if (person.trip === null) {
    const candidates = random.sample(stage.world.places, TRIP_CANDIDATES).filter((place) => place !== person.home);
    candidates.sort((left, right) => distanceKm(from, left.city) - distanceKm(from, right.city));
    const place = candidates[0] ?? person.home;
    person.trip = { place, untilMs: timeMs + hours(random.between(36, 150)) };
  } else {
    person.trip = null;
  }
  const city = person.place.city;
  // Present in the future: until then no till is within reach.
  person.lastPresentMs = timeMs + hours(AIRPORT_HOURS + distanceKm(from, city) / AIR_SPEED_KMH);
  person.lastPresentAt = { latitude: city.latitude, longitude: city.longitude };
}

function payInPerson(person: Person, stage: Stage, timeMs: number, merchant: Merchant): void {
  const { random } = person;
  const cardId = random.chance(MAIN_CARD_SHARE) ? person.cardIds[0] : person.cardIds.at(-1);
  const payment = {
    cardId: cardId ?? '',
    merchant,
    city: person.place.city,
    amountMinor: drawAmountMinor(random, merchant, person.spendFactor),
  };
  stage.emit(timeMs, presentPayment(stage, random, person, timeMs, payment), HONEST);
  person.lastPresentMs = timeMs;
  person.lastPresentAt = merchant.location ?? person.lastPresentAt;
}

/**
 * What a person does when it is time to pay, and when it is time again. Emits one to a handful of events, none
 * earlier than `timeMs`. Positions are never further apart than a person can go in the time between them.
 */
export function liveOn(person: Person, stage: Stage, timeMs: number): number {
  const { random } = person;
  const trip = person.trip;
  if (trip === null ? random.chance(TRIP_PER_VISIT) : timeMs > trip.untilMs) {
    travel(person, stage, timeMs);
    return nextVisitMs(person, timeMs);
  }
  let doneMs = timeMs;
  if (random.chance(person.onlineShare)) {
    doneMs = payOnline(person, stage, timeMs);
  } else if (random.chance(TRANSFER_WEIGHT / (LOCAL_TOTAL + TRANSFER_WEIGHT))) {
    doneMs = sendTransfer(person, stage, timeMs);
  } else {
    const merchant = chooseMerchant(person, random);
    if (merchant !== null && canBeThere(person, merchant, timeMs)) payInPerson(person, stage, timeMs, merchant);
    else doneMs = payOnline(person, stage, timeMs);
  }
  return nextVisitMs(person, doneMs);
}
