import type { DeviceSignal, Login } from '../domain/events.ts';
import { formatLocalTime } from './local-time.ts';
import { ONLINE_CATEGORIES, TRANSFER_CATEGORY } from './merchant-categories.ts';
import {
  drawAmountMinor,
  honestChecks,
  type OnlinePayment,
  onlinePayment,
  transferPayment,
} from './payment-builders.ts';
import type { Person } from './person.ts';
import { HONEST, hours, type Stage, seconds } from './stage.ts';

const FAVOURITE_SHARE = 0.7;
const DOMESTIC_SHARE = 0.88;
const MOBILE_SHARE = 0.3;
const LOGIN_SHARE = 0.45;
const MISTYPED_PASSWORD_SHARE = 0.07;
const NEW_DEVICE_SHARE = 0.003;
const PASSWORD_CHANGE_SHARE = 0.002;
const NEW_PAYEE_SHARE = 0.05;
const PAYEES_MAX = 12;
const REFUND_SHARE = 0.012;
const TRANSFER_MINOR_MAX = 400_000;

let cumulativeWeight = 0;
const ONLINE_WEIGHTS = ONLINE_CATEGORIES.map((category) => {
  cumulativeWeight += category.weight;
  return cumulativeWeight;
});

/** Where a person is on the internet just now. */
type Session = { readonly deviceId: string; readonly ip: string; readonly ipCountry: string; readonly offset: number };

function openSession(person: Person, stage: Stage, timeMs: number): Session {
  const { random } = person;
  const { city, mobileIps } = person.place;
  const mobile = person.trip !== null || random.chance(MOBILE_SHARE);
  const ip = mobile ? random.pick(mobileIps) : person.homeIp;
  if (random.chance(NEW_DEVICE_SHARE)) {
    const deviceId = `dev_${random.token(10)}`;
    person.devices[0] = deviceId;
    const session = { deviceId, ip, ipCountry: city.country, offset: city.utcOffsetMinutes };
    emitSignal(person, stage, timeMs, session, 'seen');
    emitSignal(person, stage, timeMs + seconds(5), session, 'trusted');
    return session;
  }
  return { deviceId: random.pick(person.devices), ip, ipCountry: city.country, offset: city.utcOffsetMinutes };
}

function emitSignal(
  person: Person,
  stage: Stage,
  timeMs: number,
  session: Session,
  signal: DeviceSignal['signal'],
): void {
  const event: DeviceSignal = {
    type: 'signal',
    eventId: stage.newId('sig'),
    occurredAt: formatLocalTime(timeMs, session.offset),
    deviceId: session.deviceId,
    accountId: person.accountId,
    signal,
    ip: session.ip,
  };
  stage.emit(timeMs, event, HONEST);
}

function emitLogin(person: Person, stage: Stage, timeMs: number, session: Session, status: Login['status']): void {
  const event: Login = {
    type: 'login',
    eventId: stage.newId('log'),
    occurredAt: formatLocalTime(timeMs, session.offset),
    accountId: person.accountId,
    deviceId: session.deviceId,
    ip: session.ip,
    ipCountry: session.ipCountry,
    status,
  };
  stage.emit(timeMs, event, HONEST);
}

function logIn(person: Person, stage: Stage, timeMs: number, session: Session): number {
  const { random } = person;
  let nowMs = timeMs + seconds(10);
  if (random.chance(MISTYPED_PASSWORD_SHARE)) {
    const mistakes = random.chance(0.25) ? 2 : 1;
    for (let mistake = 0; mistake < mistakes; mistake++) {
      emitLogin(person, stage, nowMs, session, 'failed');
      nowMs += seconds(random.between(8, 25));
    }
  }
  emitLogin(person, stage, nowMs, session, 'succeeded');
  if (random.chance(PASSWORD_CHANGE_SHARE)) {
    nowMs += seconds(random.between(20, 60));
    emitSignal(person, stage, nowMs, session, 'password_changed');
  }
  return nowMs + seconds(random.between(30, 240));
}

/** A purchase in a web shop, at times after a login, at times paid twice as the code was mistyped. Answers its end. */
export function payOnline(person: Person, stage: Stage, timeMs: number): number {
  const { random } = person;
  const session = openSession(person, stage, timeMs);
  let nowMs = random.chance(LOGIN_SHARE) ? logIn(person, stage, timeMs, session) : timeMs + seconds(10);
  const category = random.pickWeighted(ONLINE_WEIGHTS);
  const favourite = random.chance(FAVOURITE_SHARE);
  const pool = (favourite ? person.favouriteOnline : stage.world.online)[category] ?? [];
  const merchant = random.pick(pool);
  const homeCountry = person.home.city.country;
  const amountMinor = drawAmountMinor(random, merchant, person.spendFactor);
  const payment: OnlinePayment = {
    cardId: random.pick(person.cardIds),
    accountId: person.accountId,
    bin: person.bin,
    homeCountry,
    deviceId: session.deviceId,
    merchant,
    country: random.chance(DOMESTIC_SHARE) ? homeCountry : merchant.country,
    ip: session.ip,
    ipCountry: session.ipCountry,
    utcOffsetMinutes: session.offset,
    amountMinor,
    checks: honestChecks(random, amountMinor),
  };
  stage.emit(nowMs, onlinePayment(stage, nowMs, payment), HONEST);
  if (payment.checks.cvvResult === 'mismatch') {
    nowMs += seconds(random.between(25, 70));
    const corrected = { ...payment, checks: { ...payment.checks, cvvResult: 'match' as const } };
    stage.emit(nowMs, onlinePayment(stage, nowMs, corrected), HONEST);
  }
  if (random.chance(REFUND_SHARE)) refundLater(person, stage, nowMs, payment);
  return nowMs;
}

function refundLater(person: Person, stage: Stage, timeMs: number, payment: OnlinePayment): void {
  const refundMs = timeMs + hours(person.random.between(20, 120));
  if (refundMs >= stage.endMs) return;
  const event = {
    transactionId: stage.newId('txn'),
    type: 'refund' as const,
    occurredAt: formatLocalTime(refundMs, payment.utcOffsetMinutes),
    cardId: payment.cardId,
    accountId: payment.accountId,
    merchantId: payment.merchant.id,
    amountMinor: payment.amountMinor,
    currency: stage.world.currency,
    channel: 'ecommerce' as const,
    country: payment.country,
    mcc: payment.merchant.category.mcc,
    bin: payment.bin,
    binCountry: payment.homeCountry,
  };
  stage.emit(refundMs, event, HONEST);
}

/** A transfer to a known payee, or to a new one that is added first. Answers its end. */
export function sendTransfer(person: Person, stage: Stage, timeMs: number): number {
  const { random } = person;
  const session = openSession(person, stage, timeMs);
  let nowMs = logIn(person, stage, timeMs, session);
  let payeeId = random.pick(person.payees);
  if (person.payees.length < PAYEES_MAX && random.chance(NEW_PAYEE_SHARE)) {
    payeeId = `payee_${random.token(8)}`;
    person.payees.push(payeeId);
    emitSignal(person, stage, nowMs, session, 'payee_added');
    nowMs += seconds(random.between(20, 90));
  }
  const { medianAmount, sigma } = TRANSFER_CATEGORY;
  const drawnMinor = Math.round(100 * random.logNormal(medianAmount * person.spendFactor, sigma));
  const transfer = {
    deviceId: session.deviceId,
    payeeId,
    ip: session.ip,
    ipCountry: session.ipCountry,
    utcOffsetMinutes: session.offset,
    amountMinor: Math.max(100, Math.min(TRANSFER_MINOR_MAX, drawnMinor)),
  };
  stage.emit(nowMs, transferPayment(stage, person, nowMs, transfer), HONEST);
  return nowMs;
}
