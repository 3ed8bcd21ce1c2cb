import { generateSpikes } from './amount-spike/amount-spikes.ts';
import { generateMetrics } from './device-metrics/network-metrics.ts';
import { generateLogins } from './failed-logins/login-bursts.ts';
import type { Example } from './kit/example.ts';
import { generateRolling } from './rolling-features/rolling-payments.ts';
import { generateScattered } from './scattered-countries/payments-abroad.ts';
import { generateSessions } from './session-count/busy-sessions.ts';
import { generateSharing } from './shared-card/card-sharing.ts';

/** The examples, in the order in which to read them. */
export const EXAMPLES: readonly Example[] = [
  {
    name: 'failed-logins',
    title: 'More than 3 failed logins from distinct addresses on one account within a minute',
    generate: generateLogins,
    aims: {
      LOGIN_BURST_SLIDING: ['burst-inside', 'burst-across'],
      LOGIN_BURST_TUMBLING: ['burst-inside', 'burst-across'],
      'view failed_logins_sliding': ['burst-inside', 'burst-across'],
      'view failed_logins_tumbling': ['burst-inside', 'burst-across'],
    },
  },
  {
    name: 'shared-card',
    title: 'One card used across five accounts from five addresses within a minute',
    generate: generateSharing,
    aims: { CARD_ACROSS_ACCOUNTS: ['shared-card'], 'view shared_cards': ['shared-card'] },
  },
  {
    name: 'rolling-features',
    title: 'Rolling features over 1 minute, 5 minutes and 1 hour',
    generate: generateRolling,
    aims: {
      VELOCITY: ['velocity'],
      DEVIATION: ['deviation'],
      GEOGRAPHY: ['geography'],
      SHARED_DEVICE: ['shared-device'],
    },
  },
  {
    name: 'amount-spike',
    title: "A transaction above 5 times the user's mean over the last hour",
    generate: generateSpikes,
    aims: {
      SPIKE_OVER_MEAN: ['spike-after-many', 'spike-after-few'],
      SPIKE_OVER_OTHERS: ['spike-after-many', 'spike-after-few'],
      'view amount_spikes': ['spike-after-many', 'spike-after-few'],
    },
  },
  {
    name: 'session-count',
    title: 'More than 8 transactions in a session that 15 minutes of inactivity end',
    generate: generateSessions,
    aims: { BUSY_SESSION: ['busy-session'], 'view busy_sessions': ['busy-session'] },
  },
  {
    name: 'device-metrics',
    title: 'Device metrics in windows of 10 seconds, three thresholds and a tag for each on one row',
    generate: generateMetrics,
    aims: { 'view network_anomalies': ['high-latency', 'packet-loss', 'saturation', 'failing'] },
  },
  {
    name: 'scattered-countries',
    title: '3 countries and 5 payments in 5 minutes; and 23 small payments in 4 countries in 6 hours',
    generate: generateScattered,
    aims: {
      COUNTRIES_IN_MINUTES: ['race'],
      SMALL_PAYMENTS_IN_HOURS: ['small-payments'],
      'view scattered_cards': ['race'],
      'view small_payments': ['small-payments'],
    },
  },
];
