import { AMOUNTS, CHECKS, LOGINS_AND_SIGNALS, TAKEOVER } from './default-rule-cases-of-payments.ts';
import type { RuleCase } from './rule-facts.ts';

const STATUS: Readonly<Record<string, RuleCase>> = {
  'card-stopped': {
    fires: { entities: { card: { status: 'frozen' } } },
    misses: { 'on a watched card': { entities: { card: { status: 'watched' } } } },
  },
  'account-stopped': {
    fires: { entities: { account: { status: 'locked' } } },
    misses: { 'on an account at risk': { entities: { account: { status: 'at_risk' } } } },
  },
  'device-blocked': {
    fires: { entities: { device: { status: 'blocked' } } },
    misses: { 'on a suspicious device': { entities: { device: { status: 'suspicious' } } } },
  },
  'source-blocked': {
    fires: { entities: { ip: { status: 'blocked' } } },
    misses: { 'on a watched address': { entities: { ip: { status: 'watched' } } } },
  },
  'entity-at-risk': {
    fires: { entities: { device: { status: 'suspicious' } } },
    misses: { 'on an unknown device': { entities: { device: { status: 'unknown' } } } },
  },
  'fraud-on-record': {
    fires: { entities: { card: { fraudLabels: 1 } } },
    misses: { 'for the merchant of an earlier fraud': { entities: { card: {}, merchant: { fraudLabels: 1 } } } },
  },
};

const VELOCITY: Readonly<Record<string, RuleCase>> = {
  'card-velocity-minute': {
    fires: { features: { 'card.count_1m': 4 } },
    misses: { 'on the third attempt': { features: { 'card.count_1m': 3 } } },
  },
  'card-velocity-hour': {
    fires: { features: { 'card.count_1h': 9 } },
    misses: { 'on the eighth payment': { features: { 'card.count_1h': 8 } } },
  },
  'card-velocity-day': {
    fires: { features: { 'card.count_24h': 21 } },
    misses: { 'on the twentieth payment': { features: { 'card.count_24h': 20 } } },
  },
  'ip-velocity': {
    fires: { features: { 'ip.count_1h': 16, 'ip.cards_1h': 5 } },
    misses: { 'with few cards': { features: { 'ip.cards_1h': 4 } }, 'at fifteen': { features: { 'ip.count_1h': 15 } } },
  },
  'account-burst': {
    fires: { features: { 'account.count_5m': 5 } },
    misses: { 'on the fourth payment': { features: { 'account.count_5m': 4 } } },
  },
  'merchant-burst': {
    fires: { features: { 'card.count_5m': 4, 'card.merchants_5m': 1 } },
    misses: {
      'over two merchants': { features: { 'card.merchants_5m': 2 } },
      'without a merchant': { event: { merchantId: '' } },
    },
  },
  'merchant-volume-spike': {
    fires: { features: { 'merchant.count_1m': 120, 'merchant.count_1h': 600 } },
    misses: {
      'at a merchant that is always so busy': { features: { 'merchant.count_1h': 7000 } },
      'below a hundred': { features: { 'merchant.count_1m': 99 } },
    },
  },
  'duplicate-authorization': {
    fires: { features: { 'card.count_1m': 2, 'card.merchants_5m': 1 } },
    misses: {
      'on another amount': { features: { 'card.amount_stddev_1m': 0.5 } },
      'on a single payment': { features: { 'card.count_1m': 1 } },
    },
  },
  'network-retry-guard': {
    fires: { features: { 'card.declined_24h': 10 } },
    misses: { 'after nine refusals': { features: { 'card.declined_24h': 9 } } },
  },
};

const TESTING: Readonly<Record<string, RuleCase>> = {
  'card-testing-device': {
    fires: {
      event: { amount: 3 },
      features: { 'device.count_5m': 5, 'device.cards_1h': 4, 'device.refused_5m': 2, 'device.check_failures_5m': 1 },
    },
    misses: {
      'at 40 % refused': { features: { 'device.check_failures_5m': 0 } },
      'on larger amounts': { event: { amount: 10.5 } },
      'with two cards': { features: { 'device.cards_1h': 2 } },
    },
  },
  'card-testing-ip': {
    fires: { event: { amount: 3 }, features: { 'ip.count_5m': 10, 'ip.cards_1h': 6, 'ip.refused_5m': 5 } },
    misses: {
      'at 40 % refused': { features: { 'ip.refused_5m': 4 } },
      'with four cards': { features: { 'ip.cards_1h': 4 } },
    },
  },
  'card-testing-tiny-amounts': {
    fires: { event: { amount: 1 }, features: { 'device.tiny_1h': 4, 'device.cards_1h': 3 } },
    misses: {
      'on three tiny payments': { features: { 'device.tiny_1h': 3 } },
      'with two cards': { features: { 'device.cards_1h': 2 } },
      'on an ordinary amount': { event: { amount: 2.01 } },
    },
  },
  'verification-probe': {
    fires: { event: { type: 'verification', amount: 0 }, features: { 'device.verified_cards_1h': 4 } },
    misses: {
      'on three cards': { features: { 'device.verified_cards_1h': 3 } },
      'on a purchase': { event: { type: 'purchase' } },
    },
  },
  'bin-attack-merchant': {
    fires: {
      features: {
        'merchant.cards_5m': 20,
        'merchant.bins_5m': 1,
        'merchant.refused_5m': 12,
        'merchant.count_5m': 20,
      },
    },
    misses: {
      'with cards of many issuers': { features: { 'merchant.bins_5m': 9 } },
      'where most are approved': { features: { 'merchant.refused_5m': 8 } },
    },
  },
  'bin-attack-ip': {
    fires: { features: { 'ip.cards_6h': 6, 'ip.bins_6h': 2 } },
    misses: {
      'with cards of many issuers': { features: { 'ip.bins_6h': 3 } },
      'at a till': { event: { channel: 'card_present' } },
    },
  },
  'balance-probing': {
    fires: { event: { amount: 100 }, features: { 'card.declined_1h': 3, 'card.declined_mean_1h': 300 } },
    misses: {
      'on a like amount': { event: { amount: 160 } },
      'after two refusals': { features: { 'card.declined_1h': 2 } },
    },
  },
  'small-then-large': {
    fires: { event: { amount: 200 }, features: { 'card.tiny_approved_1h': 1 } },
    misses: {
      'with the card at the till': { event: { channel: 'card_present' } },
      'on a middling amount': { event: { amount: 199 } },
    },
  },
};

const FAN_OUT: Readonly<Record<string, RuleCase>> = {
  'device-many-cards': {
    fires: { features: { 'device.cards_24h': 4 } },
    misses: { 'on the third card': { features: { 'device.cards_24h': 3 } } },
  },
  'account-many-cards': {
    fires: { features: { 'account.cards_24h': 4 } },
    misses: { 'on the third card': { features: { 'account.cards_24h': 3 } } },
  },
  'card-many-accounts': {
    fires: { features: { 'card.accounts_24h': 3 } },
    misses: { 'on the second account': { features: { 'card.accounts_24h': 2 } } },
  },
  'card-many-devices': {
    fires: { features: { 'card.devices_24h': 4 } },
    misses: { 'on the third device': { features: { 'card.devices_24h': 3 } } },
  },
  'card-many-addresses': {
    fires: { features: { 'card.ips_1h': 5 } },
    misses: { 'on the fourth address': { features: { 'card.ips_1h': 4 } } },
  },
  'card-many-countries': {
    fires: { features: { 'card.countries_24h': 3 } },
    misses: { 'on a trip across one border': { features: { 'card.countries_24h': 2 } } },
  },
  'small-payments-many-countries': {
    fires: { event: { amount: 7 }, features: { 'card.countries_6h': 4, 'card.count_6h': 23 } },
    misses: {
      'in two countries': { features: { 'card.countries_6h': 2 } },
      'on four payments': { features: { 'card.count_6h': 4 } },
      'on a large payment': { event: { amount: 101 } },
    },
  },
};

const PLACES: Readonly<Record<string, RuleCase>> = {
  'impossible-travel': {
    fires: { event: { channel: 'atm' }, features: { 'card.speed_kmh': 3000, 'card.distance_km': 1500 } },
    misses: {
      'by air': { features: { 'card.speed_kmh': 900 } },
      'within an error of position': { features: { 'card.distance_km': 80 } },
      'in a web shop': { event: { channel: 'ecommerce' } },
    },
  },
  'impossible-travel-remote': {
    fires: { features: { 'card.speed_kmh': 3000, 'card.distance_km': 1500 } },
    misses: {
      'at a till': { event: { channel: 'contactless' } },
      'over a short distance': { features: { 'card.distance_km': 500 } },
    },
  },
  'first-country': {
    fires: { event: { amount: 250 }, features: { 'card.first_country': 1 } },
    misses: {
      'on a coffee': { event: { amount: 4 } },
      'where the card has been': { features: { 'card.first_country': 0 } },
    },
  },
  'far-from-home': {
    fires: { event: { amount: 300 }, features: { 'card.home_distance_km': 1001 } },
    misses: { 'near home': { features: { 'card.home_distance_km': 1000 } } },
  },
  'ip-country-mismatch': {
    fires: { event: { ipCountry: 'BR' } },
    misses: { 'without an address': { event: { ipCountry: '' } }, 'at a till': { event: { channel: 'card_present' } } },
  },
  'delivery-country-mismatch': {
    fires: { event: { shippingCountry: 'FR' } },
    misses: { 'where nothing is shipped': { event: { shippingCountry: '' } } },
  },
  'three-countries-at-once': {
    fires: { event: { ipCountry: 'BR', shippingCountry: 'US', amount: 150 } },
    misses: {
      'where the address and the delivery agree': { event: { shippingCountry: 'BR' } },
      'on a small amount': { event: { amount: 149 } },
    },
  },
};

/** One case for each rule of `rulesets/default.yaml`. */
export const DEFAULT_RULE_CASES: Readonly<Record<string, RuleCase>> = {
  ...STATUS,
  ...VELOCITY,
  ...TESTING,
  ...FAN_OUT,
  ...PLACES,
  ...AMOUNTS,
  ...TAKEOVER,
  ...CHECKS,
  ...LOGINS_AND_SIGNALS,
};
