import type { RandomSource } from '../random-source.ts';
import { type Stage, seconds } from '../stage.ts';
import { attackerPayment, createAttacker, onlineShop } from './attacker.ts';

const CARDS_MIN = 45;
const CARDS_MAX = 70;
const CHARITY_MCC = '8398';

/** Somebody bought card data and tries which cards work: many cards, tiny amounts, one device, seconds apart. */
export function cardTesting(stage: Stage, random: RandomSource, startMs: number): void {
  const attacker = createAttacker(random, { fraud: true, campaign: 'card-testing' }, 2);
  const merchant = onlineShop(stage, random, CHARITY_MCC);
  let timeMs = startMs;
  for (const victim of random.sample(stage.world.people, random.integer(CARDS_MIN, CARDS_MAX))) {
    attackerPayment(stage, attacker, timeMs, {
      victim,
      merchant,
      ip: random.pick(attacker.ips),
      amountMinor: random.integer(50, 200),
      checks: {
        avsResult: random.chance(0.3) ? 'mismatch' : 'unavailable',
        cvvResult: random.chance(0.4) ? 'mismatch' : 'match',
        threeDSecureResult: 'not_used',
      },
    });
    timeMs += seconds(random.between(4, 20));
  }
}
