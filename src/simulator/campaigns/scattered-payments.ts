import { CITIES } from '../cities.ts';
import type { RandomSource } from '../random-source.ts';
import { hours, type Stage } from '../stage.ts';
import { attackerPayment, createAttacker, onlineShop } from './attacker.ts';

const PAYMENTS = 23;
const COUNTRIES = 4;
const SPAN_HOURS = 5.8;
const SMALL_SHOP_MCCS = ['5815', '5816', '5399'] as const;

/** One card, 23 small payments in 4 countries within 6 hours: each harmless by itself, together not. */
export function scatteredPayments(stage: Stage, random: RandomSource, startMs: number): void {
  const attacker = createAttacker(random, { fraud: true, campaign: 'scattered-payments' }, 3);
  const victim = random.pick(stage.world.people);
  const countries = random.sample([...new Set(CITIES.map((city) => city.country))], COUNTRIES);
  const gapMs = hours(SPAN_HOURS) / (PAYMENTS - 1);
  for (let payment = 0; payment < PAYMENTS; payment++) {
    const jitterMs = payment === 0 || payment === PAYMENTS - 1 ? 0 : gapMs * random.between(-0.4, 0.4);
    const shop = onlineShop(stage, random, random.pick(SMALL_SHOP_MCCS));
    attackerPayment(stage, attacker, Math.floor(startMs + payment * gapMs + jitterMs), {
      victim,
      merchant: { ...shop, country: countries[payment % COUNTRIES] ?? shop.country },
      ip: random.pick(attacker.ips),
      amountMinor: random.integer(300, 1900),
      checks: { avsResult: 'match', cvvResult: 'match', threeDSecureResult: 'not_used' },
    });
  }
}
