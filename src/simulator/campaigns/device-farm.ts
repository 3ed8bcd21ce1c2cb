import type { RandomSource } from '../random-source.ts';
import { minutes, type Stage, seconds } from '../stage.ts';
import { attackerLogin, attackerPayment, attackerSignal, createAttacker, onlineShop } from './attacker.ts';

const ACCOUNTS_MIN = 18;
const ACCOUNTS_MAX = 30;
const SHOP_MCCS = ['5399', '5691', '5816', '5732'] as const;

/** One emulated phone logs in to one stolen account after the other and shops with each. */
export function deviceFarm(stage: Stage, random: RandomSource, startMs: number): void {
  const attacker = createAttacker(random, { fraud: true, campaign: 'device-farm' }, 6);
  attackerSignal(stage, attacker, startMs, { signal: random.chance(0.5) ? 'emulator' : 'rooted' });
  let timeMs = startMs + minutes(1);
  for (const victim of random.sample(stage.world.people, random.integer(ACCOUNTS_MIN, ACCOUNTS_MAX))) {
    const ip = random.pick(attacker.ips);
    attackerLogin(stage, attacker, timeMs, { accountId: victim.accountId, ip, status: 'succeeded' });
    timeMs += seconds(random.between(30, 120));
    attackerPayment(stage, attacker, timeMs, {
      victim,
      merchant: onlineShop(stage, random, random.pick(SHOP_MCCS)),
      ip,
      amountMinor: random.integer(4000, 18_000),
      checks: {
        avsResult: random.chance(0.4) ? 'mismatch' : 'match',
        cvvResult: random.chance(0.1) ? 'mismatch' : 'match',
        threeDSecureResult: random.chance(0.2) ? 'attempted' : 'not_used',
      },
    });
    timeMs += minutes(random.between(2, 10));
  }
}
