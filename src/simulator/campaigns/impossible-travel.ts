import { distanceKm } from '../globe.ts';
import { presentPayment } from '../payment-builders.ts';
import type { Person } from '../person.ts';
import type { Place } from '../places.ts';
import type { RandomSource } from '../random-source.ts';
import type { TruthLabel } from '../simulation-event.ts';
import { minutes, type Stage } from '../stage.ts';

const VICTIMS_LOOKED_AT = 200;
const FAR_KM = 3500;
const LABEL: TruthLabel = { fraud: true, campaign: 'impossible-travel' };

function placesFarFrom(places: readonly Place[], centres: readonly Place[]): Place[] {
  return places.filter((place) => centres.every((centre) => distanceKm(place.city, centre.city) > FAR_KM));
}

/**
 * Copies of one card are used at tills on far sides of the world within minutes of each other. The victim is the one
 * of a sample who paid at a till last, so that the copies clash with honest use too.
 */
export function impossibleTravel(stage: Stage, random: RandomSource, startMs: number): void {
  const candidates = random.sample(stage.world.people, VICTIMS_LOOKED_AT);
  const victim = candidates.reduce((latest: Person, person) =>
    person.lastPresentMs <= startMs && person.lastPresentMs > latest.lastPresentMs ? person : latest,
  );
  const first = random.pick(placesFarFrom(stage.world.places, [victim.place]));
  const second = random.pick(placesFarFrom(stage.world.places, [victim.place, first]));
  let timeMs = startMs + minutes(random.between(5, 15));
  const uses = random.integer(4, 6);
  for (let use = 0; use < uses; use++) {
    const place = use % 2 === 0 ? first : second;
    const merchant = random.pick(random.pick(place.merchants));
    const payment = {
      cardId: victim.cardIds[0] ?? '',
      merchant,
      city: place.city,
      amountMinor: random.integer(80, 480) * 100,
    };
    stage.emit(timeMs, presentPayment(stage, random, victim, timeMs, payment), LABEL);
    timeMs += minutes(random.between(8, 35));
  }
}
