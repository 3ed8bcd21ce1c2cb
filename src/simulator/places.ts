import type { Location } from '../domain/events.ts';
import { customerIp } from './addresses.ts';
import { CITIES, type City } from './cities.ts';
import { pointAround } from './globe.ts';
import { CASH_MACHINE_MCC, LOCAL_CATEGORIES, type MerchantCategory, ONLINE_CATEGORIES } from './merchant-categories.ts';
import type { RandomSource } from './random-source.ts';

/** A shop, a cash machine or a web shop. Web shops have no position. */
export type Merchant = {
  readonly id: string;
  readonly category: MerchantCategory;
  readonly country: string;
  readonly location: Location | null;
};

/** A city with its shops by category, in the order of `LOCAL_CATEGORIES`, and its shared mobile gateways. */
export type Place = {
  readonly city: City;
  readonly merchants: readonly (readonly Merchant[])[];
  readonly mobileIps: readonly string[];
};

/** Web shops by category, in the order of `ONLINE_CATEGORIES`. */
export type OnlineShops = readonly (readonly Merchant[])[];

const SHOPS_RADIUS_KM = 8;
const MOBILE_GATEWAYS = 12;
const MOBILE_BLOCK_START = 4_000_000;
const ONLINE_SHOPS_PER_CATEGORY = 8;
const ONLINE_SHOP_CITIES = 36;

function createPlace(city: City, index: number, shopsPerCategory: number, random: RandomSource): Place {
  const merchants = LOCAL_CATEGORIES.map((category) =>
    Array.from({ length: category.mcc === CASH_MACHINE_MCC ? shopsPerCategory * 2 : shopsPerCategory }, () => ({
      id: `m_${category.name.toLowerCase().replaceAll(' ', '_')}_${random.token(7)}`,
      category,
      country: city.country,
      location: pointAround(random, city, SHOPS_RADIUS_KM),
    })),
  );
  const mobileIps = Array.from({ length: MOBILE_GATEWAYS }, (_, gateway) =>
    customerIp(MOBILE_BLOCK_START + index * MOBILE_GATEWAYS + gateway),
  );
  return { city, merchants, mobileIps };
}

/** All cities with this many shops of each category. */
export function createPlaces(shopsPerCategory: number, random: RandomSource): readonly Place[] {
  return CITIES.map((city, index) => createPlace(city, index, shopsPerCategory, random));
}

/** The web shops, spread over the countries of the first cities. */
export function createOnlineShops(random: RandomSource): OnlineShops {
  const cities = CITIES.slice(0, ONLINE_SHOP_CITIES);
  return ONLINE_CATEGORIES.map((category) =>
    Array.from({ length: ONLINE_SHOPS_PER_CATEGORY }, () => ({
      id: `w_${category.name.toLowerCase()}_${random.token(7)}`,
      category,
      country: random.pick(cities).country,
      location: null,
    })),
  );
}
