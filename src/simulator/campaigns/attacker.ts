import type { DeviceSignal, Login } from '../../domain/events.ts';
import { attackerIp } from '../addresses.ts';
import { CITIES, type City } from '../cities.ts';
import { formatLocalTime } from '../local-time.ts';
import { ONLINE_CATEGORIES } from '../merchant-categories.ts';
import { type OnlineChecks, type OnlinePayment, onlinePayment } from '../payment-builders.ts';
import type { Person } from '../person.ts';
import type { Merchant } from '../places.ts';
import type { RandomSource } from '../random-source.ts';
import type { TruthLabel } from '../simulation-event.ts';
import type { Stage } from '../stage.ts';

/** Who attacks: a place to sit, a device of their own and a handful of addresses. */
export type Attacker = {
  readonly city: City;
  readonly deviceId: string;
  readonly ips: readonly string[];
  readonly label: TruthLabel;
};

/** Draws an attacker with this many addresses, anywhere in the world. */
export function createAttacker(random: RandomSource, label: TruthLabel, ipCount: number): Attacker {
  return {
    city: random.pick(CITIES),
    deviceId: `dev_${random.token(10)}`,
    ips: Array.from({ length: ipCount }, () => attackerIp(random)),
    label,
  };
}

/** A web shop with this merchant category code. */
export function onlineShop(stage: Stage, random: RandomSource, mcc: string): Merchant {
  const category = ONLINE_CATEGORIES.findIndex((candidate) => candidate.mcc === mcc);
  return random.pick(stage.world.online[category] ?? []);
}

/** Puts a login of the attacker on the timeline. */
export function attackerLogin(
  stage: Stage,
  attacker: Attacker,
  timeMs: number,
  login: Pick<Login, 'accountId' | 'status'> & { readonly ip: string },
): void {
  const event: Login = {
    type: 'login',
    eventId: stage.newId('log'),
    occurredAt: formatLocalTime(timeMs, attacker.city.utcOffsetMinutes),
    accountId: login.accountId,
    deviceId: attacker.deviceId,
    ip: login.ip,
    ipCountry: attacker.city.country,
    status: login.status,
  };
  stage.emit(timeMs, event, attacker.label);
}

/** Puts a signal from the attacker's device on the timeline. */
export function attackerSignal(
  stage: Stage,
  attacker: Attacker,
  timeMs: number,
  signal: Pick<DeviceSignal, 'signal'> & { readonly accountId?: string },
): void {
  const event: DeviceSignal = {
    type: 'signal',
    eventId: stage.newId('sig'),
    occurredAt: formatLocalTime(timeMs, attacker.city.utcOffsetMinutes),
    deviceId: attacker.deviceId,
    ...(signal.accountId === undefined ? undefined : { accountId: signal.accountId }),
    signal: signal.signal,
    ip: attacker.ips[0] ?? '',
  };
  stage.emit(timeMs, event, attacker.label);
}

/** Puts a payment with a victim's card in a web shop on the timeline, from the attacker's device. */
export function attackerPayment(
  stage: Stage,
  attacker: Attacker,
  timeMs: number,
  payment: {
    readonly victim: Person;
    readonly merchant: Merchant;
    readonly ip: string;
    readonly amountMinor: number;
    readonly checks: OnlineChecks;
  },
): void {
  const { victim, merchant } = payment;
  const online: OnlinePayment = {
    cardId: victim.cardIds[0] ?? '',
    accountId: victim.accountId,
    bin: victim.bin,
    homeCountry: victim.home.city.country,
    deviceId: attacker.deviceId,
    merchant,
    country: merchant.country,
    ip: payment.ip,
    ipCountry: attacker.city.country,
    utcOffsetMinutes: attacker.city.utcOffsetMinutes,
    amountMinor: payment.amountMinor,
    checks: payment.checks,
  };
  stage.emit(timeMs, onlinePayment(stage, timeMs, online), attacker.label);
}
