import { RandomSource } from '../../src/simulator/random-source.ts';
import { arrivalOrder } from '../kit/arrival-order.ts';
import { campaignOf, HONEST, type Label, type LabelledEvent } from '../kit/labelled-event.ts';
import { PaymentWriter } from '../kit/payment-writer.ts';

const START_MS = Date.UTC(2026, 1, 10, 12);
const MINUTE_MS = 60_000;
const CARDS = 24;
const ATTACKS_OF_A_KIND = 3;

/** Places that are hundreds of kilometres apart. */
const PLACES = [
  { country: 'DE', location: { latitude: 52.52, longitude: 13.405 } },
  { country: 'FR', location: { latitude: 48.857, longitude: 2.352 } },
  { country: 'PT', location: { latitude: 38.722, longitude: -9.139 } },
  { country: 'JP', location: { latitude: 35.676, longitude: 139.65 } },
] as const;

type Shopper = { readonly name: string; readonly place: number; readonly medianMinor: number };

/** Payments of shoppers, honest and not. */
class Shopping {
  readonly writer = new PaymentWriter();
  readonly #random: RandomSource;

  constructor(random: RandomSource) {
    this.#random = random;
  }

  shopper(name: string): Shopper {
    return { name, place: this.#random.integer(0, 2), medianMinor: this.#random.integer(1_500, 6_000) };
  }

  pay({ name, place, medianMinor }: Shopper, atMs: number, label: Label, changes: object = {}): void {
    const { country, location } = PLACES[place] ?? PLACES[0];
    const parts = {
      cardId: `card-${name}`,
      accountId: `acc-${name}`,
      deviceId: `device-${name}`,
      ip: `192.0.2.${1 + (Number.parseInt(name, 36) % 200)}`,
      merchantId: `shop-${this.#random.integer(1, 12)}`,
      country,
      location,
      amountMinor: Math.round(medianMinor * this.#random.between(0.6, 1.5)),
    };
    this.writer.add(atMs, { ...parts, ...changes }, label);
  }

  /** Calm payments, some minutes apart; answers when the last one was. */
  calm(shopper: Shopper, payments: number, startMs: number): number {
    let atMs = startMs;
    for (let payment = 0; payment < payments; payment++) {
      this.pay(shopper, atMs, HONEST);
      atMs += this.#random.integer(2 * MINUTE_MS, 6 * MINUTE_MS);
    }
    return atMs;
  }
}

/** Two hours of calm payments with one attack on each kind of feature, in the order of arrival. */
export function generateRolling(seed: number): readonly LabelledEvent[] {
  const random = new RandomSource(seed, 'rolling-features');
  const shopping = new Shopping(random);
  const begin = (): number => START_MS + random.integer(0, 60 * MINUTE_MS);
  for (let card = 0; card < CARDS; card++) {
    shopping.calm(shopping.shopper(`${card}`), random.integer(3, 12), begin());
  }
  for (let number = 1; number <= ATTACKS_OF_A_KIND; number++) {
    const fast = shopping.shopper(`fast${number}`);
    const fastMs = shopping.calm(fast, 2, begin());
    for (let payment = 0; payment < 7; payment++) {
      shopping.pay(fast, fastMs + payment * 9_000, campaignOf('velocity', number));
    }
    const dear = shopping.shopper(`dear${number}`);
    const dearMs = shopping.calm(dear, 8, begin());
    const amountMinor = dear.medianMinor * 15;
    shopping.pay(dear, dearMs, campaignOf('deviation', number), { amountMinor });
    const far = shopping.shopper(`far${number}`);
    const farMs = shopping.calm(far, 3, begin());
    shopping.pay({ ...far, place: 3 }, farMs, campaignOf('geography', number));
    const deviceMs = begin();
    for (let payment = 0; payment < 6; payment++) {
      const shared = { deviceId: `device-farm-${number}`, ip: `198.51.100.${number}` };
      const victim = shopping.shopper(`victim${number}${payment}`);
      shopping.pay(victim, deviceMs + payment * 40_000, campaignOf('shared-device', number), shared);
    }
  }
  return arrivalOrder(shopping.writer.events, { lateShare: 0.3, latenessMs: 20_000, repeatShare: 0.1 }, random);
}
