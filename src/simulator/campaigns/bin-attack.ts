import { onlinePayment } from '../payment-builders.ts';
import { ISSUER_BINS } from '../person.ts';
import type { RandomSource } from '../random-source.ts';
import { type Stage, seconds } from '../stage.ts';
import { createAttacker, onlineShop } from './attacker.ts';

const ATTEMPTS_MIN = 120;
const ATTEMPTS_MAX = 180;
const DIGITAL_GOODS_MCC = '5816';

/**
 * Card numbers of one range are guessed in sequence at one merchant: nearly all security codes are wrong, and none of
 * the cards has a history. The addresses rotate and there is no device.
 */
export function binAttack(stage: Stage, random: RandomSource, startMs: number): void {
  const attacker = createAttacker(random, { fraud: true, campaign: 'bin-attack' }, 8);
  const merchant = onlineShop(stage, random, DIGITAL_GOODS_MCC);
  const bin = random.pick(ISSUER_BINS);
  const homeCountry = random.pick(stage.world.people).home.city.country;
  const firstNumber = random.integer(1000, 8000);
  const run = random.token(4);
  const attempts = random.integer(ATTEMPTS_MIN, ATTEMPTS_MAX);
  let timeMs = startMs;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const suffix = `${run}${firstNumber + attempt}`;
    const payment = {
      cardId: `tok_${bin}_${suffix}`,
      accountId: `acct_${bin}_${suffix}`,
      bin,
      homeCountry,
      merchant,
      country: merchant.country,
      ip: random.pick(attacker.ips),
      ipCountry: attacker.city.country,
      utcOffsetMinutes: attacker.city.utcOffsetMinutes,
      amountMinor: random.integer(100, 999),
      checks: {
        avsResult: 'unavailable' as const,
        cvvResult: random.chance(0.9) ? ('mismatch' as const) : ('match' as const),
        threeDSecureResult: 'not_used' as const,
      },
    };
    stage.emit(timeMs, onlinePayment(stage, timeMs, payment), attacker.label);
    timeMs += seconds(random.between(2, 6));
  }
}
