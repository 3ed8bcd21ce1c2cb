import type { DeviceSignal, Label, Login, ReferenceUpdate, SideEvent, Transaction } from '../../src/domain/events.ts';
import { isoAt, labelOf, loginOf, referenceOf, signalOf, transactionOf } from '../support/event-builders.ts';
import { SIMULATION_START_MS } from '../support/simulated-clock.ts';

/** An event, so many seconds after the start. The last of a list is the one that is asked about. */
export type Step = { readonly payment: Transaction } | { readonly other: SideEvent };
type Changes<Event> = Partial<Event> | ((index: number) => Partial<Event>);

/** Events on which a rule of the default ruleset fires at the last, and a list like it on which it does not. */
export type Pattern = { readonly fires: readonly Step[]; readonly misses: readonly Step[] };

const HOUR = 3600;
const DAY = 24 * HOUR;
const BERLIN = { latitude: 52.5, longitude: 13.4 };
const NEW_YORK = { latitude: 40.7, longitude: -74 };

let lastId = 0;

function timeAt(second: number): string {
  return isoAt(SIMULATION_START_MS + second * 1000);
}

function pays(count: number, everySeconds: number, changes: Changes<Transaction> = {}, from = 0): Step[] {
  return Array.from({ length: count }, (_, index) => {
    lastId += 1;
    const own = typeof changes === 'function' ? changes(index) : changes;
    const occurredAt = timeAt(from + index * everySeconds);
    return {
      payment: transactionOf(`t${lastId}`, { merchantId: `mer-${index}`, amountMinor: 4000, occurredAt, ...own }),
    };
  });
}

function pay(second: number, changes: Partial<Transaction> = {}): Step {
  return pays(1, 0, changes, second)[0] ?? { payment: transactionOf('none') };
}

function logins(count: number, everySeconds: number, changes: Changes<Login> = {}, from = 0): Step[] {
  return Array.from({ length: count }, (_, index) => {
    lastId += 1;
    const own = typeof changes === 'function' ? changes(index) : changes;
    const occurredAt = timeAt(from + index * everySeconds);
    return { other: loginOf(`l${lastId}`, { status: 'failed', occurredAt, ...own }) };
  });
}

function signal(second: number, changes: Partial<DeviceSignal>): Step {
  lastId += 1;
  return { other: signalOf(`s${lastId}`, { occurredAt: timeAt(second), ...changes }) };
}

function states(second: number, changes: Partial<ReferenceUpdate>): Step {
  lastId += 1;
  return { other: referenceOf(`r${lastId}`, { occurredAt: timeAt(second), ...changes }) };
}

function labels(transactionId: string, label: Label['label']): Step {
  lastId += 1;
  return { other: labelOf(`b${lastId}`, transactionId, { label, occurredAt: timeAt(60) }) };
}

const REJECTED = { threeDSecureResult: 'rejected' } as const;
/** A card and an account of its own for each of so many customers. */
const ofCustomer = (index: number, customers: number) => ({
  cardId: `card-${index % customers}`,
  accountId: `acc-${index % customers}`,
});

const VELOCITY: Readonly<Record<string, Pattern>> = {
  'card-velocity-minute': { fires: pays(4, 15), misses: pays(4, 20) },
  'card-velocity-hour': { fires: pays(9, 400), misses: pays(9, 450) },
  'card-velocity-day': { fires: pays(21, 4000), misses: pays(21, 4320) },
  'ip-velocity': {
    fires: pays(16, 200, (index) => ({ ip: '192.0.2.1', ...ofCustomer(index, 5) })),
    misses: pays(16, 200, (index) => ({ ip: '192.0.2.1', ...ofCustomer(index, 4) })),
  },
  'account-burst': {
    fires: pays(5, 60, (index) => ({ cardId: `card-${index}` })),
    misses: pays(5, 75, (index) => ({ cardId: `card-${index}` })),
  },
  'merchant-burst': { fires: pays(4, 90, { merchantId: 'm' }), misses: pays(4, 90) },
  'merchant-volume-spike': {
    fires: pays(100, 0.5, (index) => ({ merchantId: 'm', ...ofCustomer(index, 100) })),
    misses: pays(100, 1, (index) => ({ merchantId: 'm', ...ofCustomer(index, 100) })),
  },
  'duplicate-authorization': {
    fires: pays(2, 30, { merchantId: 'm' }),
    misses: pays(2, 30, (index) => ({ merchantId: 'm', amountMinor: 4000 + index })),
  },
  'network-retry-guard': {
    fires: [...pays(10, 600, REJECTED), pay(6600)],
    misses: [...pays(9, 600, REJECTED), pay(6600)],
  },
  'cash-burst': {
    fires: pays(5, HOUR, { type: 'withdrawal', channel: 'atm' }),
    misses: pays(5, 6 * HOUR, { type: 'withdrawal', channel: 'atm' }),
  },
};

const TESTING: Readonly<Record<string, Pattern>> = {
  'card-testing-device': {
    fires: pays(4, 30, (index) => ({
      deviceId: 'd',
      amountMinor: 500,
      cvvResult: index < 2 ? 'mismatch' : 'match',
      ...ofCustomer(index, 3),
    })),
    misses: pays(4, 30, (index) => ({
      deviceId: 'd',
      amountMinor: 500,
      cvvResult: index < 1 ? 'mismatch' : 'match',
      ...ofCustomer(index, 3),
    })),
  },
  'card-testing-ip': {
    fires: pays(8, 30, (index) => ({
      ip: '192.0.2.1',
      amountMinor: 500,
      ...(index < 4 && REJECTED),
      ...ofCustomer(index, 5),
    })),
    misses: pays(8, 30, (index) => ({
      ip: '192.0.2.1',
      amountMinor: 500,
      ...(index < 3 && REJECTED),
      ...ofCustomer(index, 5),
    })),
  },
  'card-testing-tiny-amounts': {
    fires: pays(4, 600, (index) => ({ deviceId: 'd', amountMinor: 200, ...ofCustomer(index, 3) })),
    misses: pays(4, 1200, (index) => ({ deviceId: 'd', amountMinor: 200, ...ofCustomer(index, 3) })),
  },
  'verification-probe': {
    fires: pays(4, 60, (index) => ({ type: 'verification', amountMinor: 0, deviceId: 'd', ...ofCustomer(index, 4) })),
    misses: pays(4, 60, (index) => ({ type: 'verification', amountMinor: 0, deviceId: 'd', ...ofCustomer(index, 3) })),
  },
  'bin-attack-merchant': {
    fires: pays(15, 10, (index) => ({
      merchantId: 'm',
      bin: '453201',
      ...(index < 7 && REJECTED),
      ...ofCustomer(index, 15),
    })),
    misses: pays(15, 10, (index) => ({
      merchantId: 'm',
      bin: `45320${index % 3}`,
      ...(index < 7 && REJECTED),
      ...ofCustomer(index, 15),
    })),
  },
  'bin-attack-ip': {
    fires: pays(6, 4000, (index) => ({ ip: '192.0.2.1', bin: '453201', ...ofCustomer(index, 6) })),
    misses: pays(6, 4320, (index) => ({ ip: '192.0.2.1', bin: '453201', ...ofCustomer(index, 6) })),
  },
  'balance-probing': {
    fires: [...pays(3, 600, { amountMinor: 10_000, ...REJECTED }), pay(1800, { amountMinor: 4900 })],
    misses: [...pays(3, 600, { amountMinor: 10_000, ...REJECTED }), pay(1800, { amountMinor: 5000 })],
  },
  'small-then-large': {
    fires: [pay(0, { amountMinor: 100 }), pay(1800, { amountMinor: 20_000 })],
    misses: [pay(0, { amountMinor: 100, ...REJECTED }), pay(1800, { amountMinor: 20_000 })],
  },
};

const SPREAD: Readonly<Record<string, Pattern>> = {
  'device-many-cards': {
    fires: pays(4, HOUR, (index) => ({ deviceId: 'd', ...ofCustomer(index, 4) })),
    misses: pays(4, HOUR, (index) => ({ deviceId: 'd', ...ofCustomer(index, 3) })),
  },
  'account-many-cards': {
    fires: pays(4, 7 * HOUR, (index) => ({ cardId: `card-${index}` })),
    misses: pays(4, 8 * HOUR, (index) => ({ cardId: `card-${index}` })),
  },
  'card-many-accounts': {
    fires: pays(3, HOUR, (index) => ({ accountId: `acc-${index}` })),
    misses: pays(3, 12 * HOUR, (index) => ({ accountId: `acc-${index}` })),
  },
  'card-many-devices': {
    fires: pays(4, HOUR, (index) => ({ deviceId: `dev-${index}` })),
    misses: pays(4, HOUR, (index) => ({ deviceId: `dev-${index % 3}` })),
  },
  'card-many-addresses': {
    fires: pays(5, 600, (index) => ({ ip: `192.0.2.${index}` })),
    misses: pays(5, 900, (index) => ({ ip: `192.0.2.${index}` })),
  },
  'card-many-countries': {
    fires: pays(3, 7 * HOUR, (index) => ({ channel: 'card_present', country: ['DE', 'FR', 'IT'][index] ?? '' })),
    misses: pays(3, 7 * HOUR, (index) => ({ channel: 'ecommerce', country: ['DE', 'FR', 'IT'][index] ?? '' })),
  },
  'small-payments-many-countries': {
    fires: pays(5, HOUR, (index) => ({ country: ['DE', 'FR', 'IT'][index % 3] ?? '' })),
    misses: pays(5, 2 * HOUR, (index) => ({ country: ['DE', 'FR', 'IT'][index % 3] ?? '' })),
  },
  'impossible-travel': {
    fires: pays(2, HOUR, (index) => ({ channel: 'card_present', location: index === 0 ? BERLIN : NEW_YORK })),
    misses: pays(2, 8 * HOUR, (index) => ({ channel: 'card_present', location: index === 0 ? BERLIN : NEW_YORK })),
  },
  'impossible-travel-remote': {
    fires: pays(2, HOUR, (index) => ({ location: index === 0 ? BERLIN : NEW_YORK })),
    misses: pays(2, 8 * HOUR, (index) => ({ location: index === 0 ? BERLIN : NEW_YORK })),
  },
  'first-country': {
    fires: [...pays(2, DAY, { country: 'DE' }), pay(3 * DAY, { country: 'BR', amountMinor: 25_000 })],
    misses: [...pays(2, DAY, { country: 'BR' }), pay(3 * DAY, { country: 'BR', amountMinor: 25_000 })],
  },
};

const AMOUNTS: Readonly<Record<string, Pattern>> = {
  'amount-spike': {
    fires: [...pays(5, DAY), pay(5 * DAY, { amountMinor: 50_000 })],
    misses: [...pays(5, DAY), pay(30 * DAY, { amountMinor: 50_000 })],
  },
  'high-risk-category': {
    fires: [pay(0, { mcc: '5411' }), pay(DAY, { mcc: '7995', amountMinor: 10_000 })],
    misses: [pay(0, { mcc: '7995' }), pay(DAY, { mcc: '7995', amountMinor: 10_000 })],
  },
  structuring: {
    fires: pays(3, 6 * HOUR, { type: 'transfer', channel: 'transfer', amountMinor: 950_000 }),
    misses: pays(3, 12 * HOUR, { type: 'transfer', channel: 'transfer', amountMinor: 950_000 }),
  },
  'dormant-card': {
    fires: pays(2, 91 * DAY, { amountMinor: 15_000 }),
    misses: pays(2, 89 * DAY, { amountMinor: 15_000 }),
  },
  'refund-abuse': {
    fires: [...pays(9, DAY), ...pays(5, HOUR, { type: 'refund' }, 10 * DAY)],
    misses: [...pays(10, DAY), ...pays(5, HOUR, { type: 'refund' }, 10 * DAY)],
  },
  'refund-without-purchase': {
    fires: [pay(0, REJECTED), pay(DAY, { type: 'refund', amountMinor: 10_000 })],
    misses: [pay(0), pay(DAY, { type: 'refund', amountMinor: 10_000 })],
  },
};

const TAKEOVER: Readonly<Record<string, Pattern>> = {
  'takeover-then-spend': {
    fires: [...logins(5, 60), pay(599, { amountMinor: 5000 })],
    misses: [...logins(5, 60), pay(600, { amountMinor: 5000 })],
  },
  'credentials-then-spend': {
    fires: [
      signal(0, { accountId: 'account-a', signal: 'password_changed' }),
      pay(DAY - 1, { deviceId: 'd', amountMinor: 10_000 }),
    ],
    misses: [
      signal(0, { accountId: 'account-a', signal: 'password_changed' }),
      pay(DAY, { deviceId: 'd', amountMinor: 10_000 }),
    ],
  },
  'new-device-high-value': {
    fires: [pay(0, { deviceId: 'd1' }), pay(8 * DAY, { deviceId: 'd2', amountMinor: 30_000 })],
    misses: [pay(0, { deviceId: 'd1' }), pay(8 * DAY, { deviceId: 'd1', amountMinor: 30_000 })],
  },
  'device-remote-controlled': {
    fires: [signal(0, { signal: 'malware' }), pay(6 * DAY, { deviceId: 'device-a', amountMinor: 5000 })],
    misses: [signal(0, { signal: 'malware' }), pay(7 * DAY, { deviceId: 'device-a', amountMinor: 5000 })],
  },
  'device-integrity': {
    fires: [signal(0, { signal: 'rooted' }), pay(60, { deviceId: 'device-a' })],
    misses: [signal(0, { signal: 'seen' }), pay(60, { deviceId: 'device-a' })],
  },
  'new-payee-high-value': {
    fires: pays(2, DAY, (index) => ({ type: 'transfer', payeeId: `p${index}`, amountMinor: 100_000 })),
    misses: pays(2, DAY, { type: 'transfer', payeeId: 'p', amountMinor: 100_000 }),
  },
  'password-guessing': {
    fires: logins(5, 60, (index) => ({ ip: `192.0.2.${index % 3}` })),
    misses: logins(5, 60, (index) => ({ ip: `192.0.2.${index % 2}` })),
  },
  'password-spraying': {
    fires: logins(10, 30, (index) => ({ ip: '192.0.2.1', accountId: `acc-${index}` })),
    misses: logins(10, 70, (index) => ({ ip: '192.0.2.1', accountId: `acc-${index}` })),
  },
  'login-after-failures': {
    fires: [...logins(5, 60), ...logins(1, 0, { status: 'succeeded' }, 300)],
    misses: [...logins(4, 60), ...logins(1, 0, { status: 'succeeded' }, 300)],
  },
};

const CHECKS: Readonly<Record<string, Pattern>> = {
  'three-ds-avoided': {
    fires: [pay(0, REJECTED), pay(1800, { threeDSecureResult: 'not_used' })],
    misses: [pay(0, REJECTED), pay(3600, { threeDSecureResult: 'not_used' })],
  },
  'cvv-failed-repeatedly': {
    fires: pays(2, HOUR, { cvvResult: 'mismatch' }),
    misses: pays(2, DAY, { cvvResult: 'mismatch' }),
  },
  'avs-failed-repeatedly': {
    fires: pays(3, HOUR, { avsResult: 'mismatch' }),
    misses: pays(3, 12 * HOUR, { avsResult: 'mismatch' }),
  },
  'card-stopped': {
    fires: [states(0, { status: 'freeze' }), pay(60)],
    misses: [states(0, { status: 'freeze' }), states(1, { status: 'unfreeze' }), pay(60)],
  },
  'fraud-on-record': {
    fires: [pay(0, { transactionId: 'known' }), labels('known', 'fraud'), pay(DAY)],
    misses: [pay(0, { transactionId: 'known' }), labels('known', 'legitimate'), pay(DAY)],
  },
};

/** What the default ruleset is for, by the id of the rule. */
export const DEFAULT_PATTERNS = { ...VELOCITY, ...TESTING, ...SPREAD, ...AMOUNTS, ...TAKEOVER, ...CHECKS };
