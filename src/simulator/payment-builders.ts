import type { Transaction } from '../domain/events.ts';
import type { City } from './cities.ts';
import { formatLocalTime } from './local-time.ts';
import { CASH_MACHINE_MCC } from './merchant-categories.ts';
import type { Person } from './person.ts';
import type { Merchant } from './places.ts';
import type { RandomSource } from './random-source.ts';
import type { Stage } from './stage.ts';

const CONTACTLESS_MINOR_MAX = 5000;
const CONTACTLESS_SHARE = 0.7;
const CASH_STEP_MINOR = 1000;
const CASH_MINOR_MAX = 50_000;

/** Draws an amount in minor units for a category of merchant. Cash comes in notes. */
export function drawAmountMinor(random: RandomSource, merchant: Merchant, factor: number): number {
  const { medianAmount, sigma, mcc } = merchant.category;
  const amountMinor = Math.round(100 * random.logNormal(medianAmount * factor, sigma));
  if (mcc !== CASH_MACHINE_MCC) return Math.max(50, amountMinor);
  const notes = Math.max(2, Math.round(amountMinor / CASH_STEP_MINOR));
  return Math.min(CASH_MINOR_MAX, notes * CASH_STEP_MINOR);
}

export type PresentPayment = {
  readonly cardId: string;
  readonly merchant: Merchant;
  readonly city: City;
  readonly amountMinor: number;
};

/** A payment at a till or a cash machine, with the terminal's position. */
export function presentPayment(
  stage: Stage,
  random: RandomSource,
  person: Person,
  timeMs: number,
  payment: PresentPayment,
): Transaction {
  const { merchant, city, amountMinor } = payment;
  const cash = merchant.category.mcc === CASH_MACHINE_MCC;
  const contactless = !cash && amountMinor <= CONTACTLESS_MINOR_MAX && random.chance(CONTACTLESS_SHARE);
  return {
    transactionId: stage.newId('txn'),
    type: cash ? 'withdrawal' : 'purchase',
    occurredAt: formatLocalTime(timeMs, city.utcOffsetMinutes),
    cardId: payment.cardId,
    accountId: person.accountId,
    merchantId: merchant.id,
    amountMinor,
    currency: stage.world.currency,
    channel: cash ? 'atm' : contactless ? 'contactless' : 'card_present',
    country: merchant.country,
    mcc: merchant.category.mcc,
    location: merchant.location ?? { latitude: city.latitude, longitude: city.longitude },
    bin: person.bin,
    binCountry: person.home.city.country,
  };
}

export type OnlinePayment = {
  readonly cardId: string;
  readonly accountId: string;
  readonly bin: string;
  readonly homeCountry: string;
  readonly deviceId?: string;
  readonly merchant: Merchant;
  readonly country: string;
  readonly ip: string;
  readonly ipCountry: string;
  readonly utcOffsetMinutes: number;
  readonly amountMinor: number;
  readonly checks: OnlineChecks;
};

export type OnlineChecks = {
  readonly avsResult: NonNullable<Transaction['avsResult']>;
  readonly cvvResult: NonNullable<Transaction['cvvResult']>;
  readonly threeDSecureResult: NonNullable<Transaction['threeDSecureResult']>;
};

/** A payment over the internet. */
export function onlinePayment(stage: Stage, timeMs: number, payment: OnlinePayment): Transaction {
  return {
    transactionId: stage.newId('txn'),
    type: 'purchase',
    occurredAt: formatLocalTime(timeMs, payment.utcOffsetMinutes),
    cardId: payment.cardId,
    accountId: payment.accountId,
    ...(payment.deviceId === undefined ? undefined : { deviceId: payment.deviceId }),
    merchantId: payment.merchant.id,
    ip: payment.ip,
    amountMinor: payment.amountMinor,
    currency: stage.world.currency,
    channel: 'ecommerce',
    country: payment.country,
    mcc: payment.merchant.category.mcc,
    bin: payment.bin,
    binCountry: payment.homeCountry,
    ipCountry: payment.ipCountry,
    billingCountry: payment.homeCountry,
    avsResult: payment.checks.avsResult,
    cvvResult: payment.checks.cvvResult,
    threeDSecureResult: payment.checks.threeDSecureResult,
  };
}

export type TransferPayment = {
  readonly deviceId: string;
  readonly payeeId: string;
  readonly ip: string;
  readonly ipCountry: string;
  readonly utcOffsetMinutes: number;
  readonly amountMinor: number;
};

/** A transfer from a person's account to a payee. */
export function transferPayment(stage: Stage, person: Person, timeMs: number, payment: TransferPayment): Transaction {
  return {
    transactionId: stage.newId('txn'),
    type: 'transfer',
    occurredAt: formatLocalTime(timeMs, payment.utcOffsetMinutes),
    cardId: person.cardIds[0] ?? '',
    accountId: person.accountId,
    deviceId: payment.deviceId,
    ip: payment.ip,
    amountMinor: payment.amountMinor,
    currency: stage.world.currency,
    channel: 'transfer',
    country: person.home.city.country,
    ipCountry: payment.ipCountry,
    payeeId: payment.payeeId,
  };
}

/** What the checks of an honest payment say: mostly fine, with the noise of old addresses and mistyped numbers. */
export function honestChecks(random: RandomSource, amountMinor: number): OnlineChecks {
  const address = random.next();
  const code = random.next();
  const secure = random.next();
  const strong = amountMinor >= 3000;
  return {
    avsResult: address < 0.9 ? 'match' : address < 0.96 ? 'partial' : address < 0.985 ? 'unavailable' : 'mismatch',
    cvvResult: code < 0.84 ? 'match' : code < 0.99 ? 'not_provided' : 'mismatch',
    threeDSecureResult: strong
      ? secure < 0.72
        ? 'authenticated'
        : secure < 0.82
          ? 'attempted'
          : secure < 0.84
            ? 'unavailable'
            : secure < 0.844
              ? 'challenge_failed'
              : 'not_used'
      : secure < 0.15
        ? 'authenticated'
        : 'not_used',
  };
}
