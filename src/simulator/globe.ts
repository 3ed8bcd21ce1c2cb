import type { Location } from '../domain/events.ts';
import type { RandomSource } from './random-source.ts';

const EARTH_RADIUS_KM = 6371;
const KM_PER_DEGREE = (Math.PI * EARTH_RADIUS_KM) / 180;

/** Great-circle distance in kilometres on a sphere of mean radius, by the haversine formula. */
export function distanceKm(from: Location, to: Location): number {
  const radians = Math.PI / 180;
  const latitudeHalf = ((to.latitude - from.latitude) * radians) / 2;
  const longitudeHalf = ((to.longitude - from.longitude) * radians) / 2;
  const chord =
    Math.sin(latitudeHalf) ** 2 +
    Math.cos(from.latitude * radians) * Math.cos(to.latitude * radians) * Math.sin(longitudeHalf) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** A point spread evenly over the disc of this radius around a centre, rounded to about 11 m. */
export function pointAround(random: RandomSource, centre: Location, radiusKm: number): Location {
  const distance = radiusKm * Math.sqrt(random.next());
  const bearing = 2 * Math.PI * random.next();
  const latitude = centre.latitude + (distance * Math.cos(bearing)) / KM_PER_DEGREE;
  const longitudeScale = KM_PER_DEGREE * Math.cos((centre.latitude * Math.PI) / 180);
  const longitude = centre.longitude + (distance * Math.sin(bearing)) / longitudeScale;
  return { latitude: Math.round(latitude * 1e4) / 1e4, longitude: Math.round(longitude * 1e4) / 1e4 };
}
