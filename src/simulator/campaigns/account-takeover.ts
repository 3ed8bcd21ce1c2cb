import { transferPayment } from '../payment-builders.ts';
import type { RandomSource } from '../random-source.ts';
import { minutes, type Stage, seconds } from '../stage.ts';
import { attackerLogin, attackerPayment, attackerSignal, createAttacker, onlineShop } from './attacker.ts';

const ELECTRONICS_MCC = '5732';

/**
 * A password is guessed from several addresses, changed, and the account emptied: failed logins, a success from a new
 * device, `password_changed`, a new payee, then large purchases and a transfer within the hour.
 */
export function accountTakeover(stage: Stage, random: RandomSource, startMs: number): void {
  const attacker = createAttacker(random, { fraud: true, campaign: 'account-takeover' }, random.integer(4, 6));
  const victim = random.pick(stage.world.people);
  const { accountId } = victim;
  const ip = attacker.ips[0] ?? '';
  let timeMs = startMs;
  const attempts = random.integer(6, 10);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const from = attacker.ips[attempt % attacker.ips.length] ?? ip;
    attackerLogin(stage, attacker, timeMs, { accountId, ip: from, status: 'failed' });
    timeMs += seconds(random.between(4, 9));
  }
  attackerLogin(stage, attacker, timeMs, { accountId, ip, status: 'succeeded' });
  attackerSignal(stage, attacker, timeMs + seconds(1), { signal: 'seen', accountId });
  timeMs += seconds(random.between(30, 90));
  attackerSignal(stage, attacker, timeMs, { signal: 'password_changed', accountId });
  attackerSignal(stage, attacker, timeMs + seconds(20), { signal: 'payee_added', accountId });
  timeMs += minutes(random.between(2, 5));
  const purchases = random.integer(4, 7);
  for (let purchase = 0; purchase < purchases; purchase++) {
    attackerPayment(stage, attacker, timeMs, {
      victim,
      merchant: onlineShop(stage, random, ELECTRONICS_MCC),
      ip,
      amountMinor: random.integer(35_000, 140_000),
      checks: {
        avsResult: random.chance(0.5) ? 'mismatch' : 'partial',
        cvvResult: random.chance(0.2) ? 'not_provided' : 'match',
        threeDSecureResult: random.chance(0.3) ? 'challenge_failed' : 'not_used',
      },
    });
    timeMs += minutes(random.between(1, 6));
  }
  const transfer = {
    deviceId: attacker.deviceId,
    payeeId: `payee_${random.token(8)}`,
    ip,
    ipCountry: attacker.city.country,
    utcOffsetMinutes: attacker.city.utcOffsetMinutes,
    amountMinor: random.integer(120_000, 390_000),
  };
  stage.emit(timeMs, transferPayment(stage, victim, timeMs, transfer), attacker.label);
}
