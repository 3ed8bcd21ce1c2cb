import type { RuleCase } from './rule-facts.ts';

export const AMOUNTS: Readonly<Record<string, RuleCase>> = {
  'amount-spike': {
    fires: {
      event: { amount: 500 },
      features: { 'card.approved_30d': 20, 'card.approved_mean_30d': 50, 'card.approved_max_30d': 200 },
    },
    misses: {
      'where such amounts were paid': { features: { 'card.approved_max_30d': 250 } },
      'within six times the mean': { features: { 'card.approved_mean_30d': 84 } },
      'without a history': { features: { 'card.approved_30d': 4 } },
    },
  },
  'high-risk-category': {
    fires: { event: { mcc: '7995', amount: 100 }, features: { 'card.first_mcc': 1 } },
    misses: {
      'where the holder gambles': { features: { 'card.first_mcc': 0 } },
      'on groceries': { event: { mcc: '5411' } },
    },
  },
  structuring: {
    fires: { event: { type: 'transfer', amount: 9900 }, features: { 'account.near_limit_24h': 3 } },
    misses: {
      'on the second transfer': { features: { 'account.near_limit_24h': 2 } },
      'on a small transfer': { event: { amount: 500 } },
    },
  },
  'dormant-card': {
    fires: { event: { amount: 150 }, features: { 'card.idle_s': 7_776_001 } },
    misses: {
      'after ninety days': { features: { 'card.idle_s': 7_776_000 } },
      'on a card without a past': { entities: { card: { known: false } } },
    },
  },
  'night-time': {
    fires: { event: { hour: 3, amount: 100 } },
    misses: { 'at five': { event: { hour: 5 } }, 'at a till': { event: { channel: 'card_present' } } },
  },
  'cash-burst': {
    fires: { event: { type: 'withdrawal', channel: 'atm' }, features: { 'card.withdrawals_24h': 5 } },
    misses: {
      'on the fourth withdrawal': { features: { 'card.withdrawals_24h': 4 } },
      'on a purchase': { event: { type: 'purchase' } },
    },
  },
};

export const TAKEOVER: Readonly<Record<string, RuleCase>> = {
  'takeover-then-spend': {
    fires: { event: { amount: 50 }, features: { 'account.failed_logins_10m': 5 } },
    misses: {
      'after four wrong passwords': { features: { 'account.failed_logins_10m': 4 } },
      'on a small amount': { event: { amount: 49 } },
    },
  },
  'credentials-then-spend': {
    fires: { event: { amount: 100 }, features: { 'account.credential_changes_24h': 1, 'device.age_s': 600 } },
    misses: {
      'from a device of long standing': { features: { 'device.age_s': 86_400 } },
      'without a change': { features: { 'account.credential_changes_24h': 0 } },
      'without a device': { event: { deviceId: '' } },
    },
  },
  'new-device-high-value': {
    fires: { event: { amount: 300 }, features: { 'device.age_s': 60, 'account.age_s': 604_801 } },
    misses: {
      'on an account that is new as well': { features: { 'account.age_s': 604_800 } },
      'from a device of yesterday': { features: { 'device.age_s': 90_000 } },
    },
  },
  'device-remote-controlled': {
    fires: { event: { amount: 50 }, features: { 'device.takeover_signals_7d': 1 } },
    misses: { 'on a clean device': { features: { 'device.takeover_signals_7d': 0 } } },
  },
  'device-integrity': {
    fires: { features: { 'device.integrity_signals_7d': 1 } },
    misses: { 'on a clean device': { features: { 'device.integrity_signals_7d': 0 } } },
  },
  'new-payee-high-value': {
    fires: { event: { type: 'transfer', payeeId: 'payee-1', amount: 1000 }, features: { 'account.first_payee': 1 } },
    misses: {
      'to a payee of old': { features: { 'account.first_payee': 0 } },
      'below a thousand': { event: { amount: 999 } },
    },
  },
};

export const CHECKS: Readonly<Record<string, RuleCase>> = {
  'three-ds-failed': {
    fires: { event: { threeDSecureResult: 'challenge_failed' } },
    misses: { 'where it was attempted': { event: { threeDSecureResult: 'attempted' } } },
  },
  'three-ds-avoided': {
    fires: { event: { threeDSecureResult: 'not_used' }, features: { 'card.three_ds_failures_1h': 1 } },
    misses: {
      'without an earlier failure': { features: { 'card.three_ds_failures_1h': 0 } },
      'where it was passed': { event: { threeDSecureResult: 'authenticated' } },
    },
  },
  'cvv-failed': {
    fires: { event: { cvvResult: 'mismatch' } },
    misses: { 'where none was given': { event: { cvvResult: 'not_provided' } } },
  },
  'cvv-failed-repeatedly': {
    fires: { event: { cvvResult: 'mismatch' }, features: { 'card.cvv_failures_24h': 2 } },
    misses: {
      'the first time': { features: { 'card.cvv_failures_24h': 1 } },
      'once it is right': { event: { cvvResult: 'match' } },
    },
  },
  'avs-failed': {
    fires: { event: { avsResult: 'mismatch' } },
    misses: { 'on a partial match': { event: { avsResult: 'partial' } } },
  },
  'avs-failed-repeatedly': {
    fires: { event: { avsResult: 'mismatch' }, features: { 'card.avs_failures_24h': 3 } },
    misses: { 'the second time': { features: { 'card.avs_failures_24h': 2 } } },
  },
  'avs-and-cvv-failed': {
    fires: { event: { avsResult: 'mismatch', cvvResult: 'mismatch' } },
    misses: { 'where the code is right': { event: { cvvResult: 'match' } } },
  },
  'refund-abuse': {
    fires: { event: { type: 'refund' }, features: { 'account.refunds_30d': 6, 'account.purchases_30d': 10 } },
    misses: {
      'of a good customer': { features: { 'account.purchases_30d': 12 } },
      'on the fourth refund': { features: { 'account.refunds_30d': 4, 'account.purchases_30d': 1 } },
      'on a purchase': { event: { type: 'purchase' } },
    },
  },
  'refund-without-purchase': {
    fires: { event: { type: 'refund', amount: 100 } },
    misses: {
      'after a purchase': { features: { 'card.purchases_30d': 1 } },
      'on a small amount': { event: { amount: 99 } },
    },
  },
};

export const LOGINS_AND_SIGNALS: Readonly<Record<string, RuleCase>> = {
  'password-guessing': {
    fires: {
      event: { source: 'login', status: 'failed' },
      features: { 'account.failed_logins_10m': 5, 'account.failed_login_ips_10m': 3 },
    },
    misses: {
      'from one address': { features: { 'account.failed_login_ips_10m': 1 } },
      'on a transaction': { event: { source: 'transaction' } },
    },
  },
  'password-spraying': {
    fires: { event: { source: 'login', status: 'failed' }, features: { 'ip.failed_login_accounts_10m': 10 } },
    misses: { 'for nine accounts': { features: { 'ip.failed_login_accounts_10m': 9 } } },
  },
  'login-after-failures': {
    fires: { event: { source: 'login', status: 'succeeded' }, features: { 'account.failed_logins_10m': 5 } },
    misses: {
      'while it still fails': { event: { status: 'failed' } },
      'after a typing error': { features: { 'account.failed_logins_10m': 2 } },
    },
  },
  'device-taken-over': {
    fires: { event: { source: 'signal', type: 'malware' } },
    misses: { 'on a sighting': { event: { type: 'seen' } } },
  },
  'credentials-changed-on-new-device': {
    fires: {
      event: { source: 'signal', type: 'password_changed' },
      features: { 'device.age_s': 60, 'account.age_s': 2e6 },
    },
    misses: {
      'from a device of long standing': { features: { 'device.age_s': 90_000 } },
      'on an account of today': { features: { 'account.age_s': 60 } },
    },
  },
};
