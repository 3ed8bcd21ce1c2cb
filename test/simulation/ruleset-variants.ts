import type { ActorKind } from '../../src/domain/entities.ts';
import { ACTOR_KINDS } from '../../src/domain/entities.ts';
import type { FeatureSpec } from '../../src/domain/features.ts';
import { ListIndex, parseRuleset, SuppressionIndex } from '../../src/rules/mod.ts';
import { Program } from '../../src/runtime/program.ts';
import { ACTOR_DEFINITIONS } from '../support/actor-definitions.ts';
import { rulesetText } from '../support/ruleset-builder.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const TUMBLING = { kind: 'tumbling', sizeMs: HOUR } as const;
const HOPPING = { kind: 'hopping', sizeMs: 6 * HOUR, everyMs: 15 * MINUTE } as const;
/** A third of it is longer than any event of the traffic is late. */
const SESSION = { kind: 'session', gapMs: 30 * 24 * HOUR } as const;
const UNBOUNDED = { kind: 'unbounded' } as const;

/** The one condition of each source, so that the oracle has to know no more of a condition language. */
export const WHERE = {
  transaction: 'event.amount >= 100.0',
  login: 'event.status == "failed"',
  signal: 'event.type == "malware"',
} as const;

function spec(
  by: ActorKind,
  name: string,
  aggregate: FeatureSpec['aggregate'],
  sizeMs: number | null,
  changes: Partial<FeatureSpec> = {},
): FeatureSpec {
  const window = sizeMs === null ? null : ({ kind: 'sliding', sizeMs } as const);
  return { by, name, on: 'transaction', outcome: 'all', where: null, window, aggregate, ...changes };
}

const BASE_FEATURES: readonly FeatureSpec[] = [
  spec('card', 'count_1m', { function: 'count' }, MINUTE),
  spec('card', 'sum_1h', { function: 'sum', field: 'amount' }, HOUR),
  spec('card', 'stddev_1h', { function: 'stddev', field: 'amount' }, HOUR),
  spec('card', 'approved_1h', { function: 'count' }, HOUR, { outcome: 'approved' }),
  spec('card', 'declined_max_24h', { function: 'max', field: 'amount' }, 24 * HOUR, { outcome: 'declined' }),
  spec('card', 'countries_1h', { function: 'distinct', field: 'country' }, HOUR),
  spec('card', 'speed_kmh', { function: 'speed_kmh' }, null),
  spec('card', 'home_km', { function: 'home_distance_km' }, null),
  spec('card', 'new_device', { function: 'first_time', field: 'deviceId' }, null),
  spec('card', 'idle_s', { function: 'idle_s' }, null),
  spec('account', 'count_5m', { function: 'count' }, 5 * MINUTE),
  spec('account', 'large_mean_1h', { function: 'mean', field: 'amount' }, HOUR, { where: WHERE.transaction }),
  spec('account', 'failed_1h', { function: 'count' }, HOUR, { on: 'login', where: WHERE.login }),
  spec('account', 'failed_ips_1h', { function: 'distinct', field: 'ip' }, HOUR, { on: 'login', where: WHERE.login }),
  spec('account', 'age_s', { function: 'age_s' }, null),
  spec('device', 'cards_1h', { function: 'distinct', field: 'cardId' }, HOUR),
  spec('device', 'declined_1h', { function: 'count' }, HOUR, { outcome: 'declined' }),
  spec('device', 'malware_24h', { function: 'count' }, 24 * HOUR, { on: 'signal', where: WHERE.signal }),
  spec('merchant', 'sum_5m', { function: 'sum', field: 'amount' }, 5 * MINUTE, { outcome: 'approved' }),
  spec('ip', 'cards_24h', { function: 'distinct', field: 'cardId' }, 24 * HOUR),
  spec('ip', 'failed_1h', { function: 'count' }, HOUR, { on: 'login', where: WHERE.login }),
];

const OTHER_FEATURES: readonly FeatureSpec[] = [
  ...BASE_FEATURES.filter(({ name }) => name !== 'stddev_1h' && name !== 'cards_24h'),
  spec('card', 'mean_6h', { function: 'mean', field: 'amount' }, 6 * HOUR),
  spec('device', 'accounts_1h', { function: 'distinct', field: 'accountId' }, HOUR),
  spec('ip', 'large_1m', { function: 'count' }, MINUTE, { where: WHERE.transaction }),
];

/** Every kind of window, and keys beyond the entities. */
const KIND_FEATURES: readonly FeatureSpec[] = [
  ...BASE_FEATURES,
  spec('card', 'min_1h', { function: 'min', field: 'amount' }, null, { window: TUMBLING }),
  spec('card', 'rise_6h', { function: 'rate_of_change', field: 'amount' }, null, { window: HOPPING }),
  spec('card', 'session_sum', { function: 'sum', field: 'amount' }, null, { window: SESSION }),
  spec('account', 'usual_6h', { function: 'zscore', field: 'amount' }, null, { window: HOPPING, outcome: 'approved' }),
  spec('account', 'ips', { function: 'distinct', field: 'ip' }, null, { window: UNBOUNDED }),
  spec('device', 'logins', { function: 'count' }, null, { window: SESSION, on: 'login' }),
  spec('card_merchant', 'count_1h', { function: 'count' }, null, { window: TUMBLING }),
  spec('card_country', 'last', { function: 'last', field: 'amount' }, null, { window: UNBOUNDED }),
  spec('country', 'cards_6h', { function: 'distinct', field: 'cardId' }, null, { window: HOPPING }),
  // Of logins alone: payments are what moves the present.
  spec('account_device', 'failed_1h', { function: 'count' }, HOUR, { on: 'login', where: WHERE.login }),
];

const RULES: readonly string[] = [
  '{ id: stopped, when: card.status == "frozen", outcome: decline, score: 100, reason: CARD_STOPPED }',
  '{ id: burst, when: card.count_1m > 3, outcome: decline, score: 10, reason: CARD_BURST }',
  '{ id: large, when: event.amount > 800, outcome: review, score: 5, reason: LARGE }',
  '{ id: busy, when: account.count_5m > 4, outcome: challenge, score: 5, reason: BUSY }',
  '{ id: shared, when: device.cards_1h > 2, outcome: challenge, score: 3, reason: SHARED_DEVICE, state: shadow }',
  '{ id: infected, when: device.malware_24h > 0, outcome: decline, score: 20, reason: INFECTED }',
  '{ id: guessing, on: login, when: account.failed_1h > 1, outcome: alert, score: 5, reason: GUESSING }',
];

const RATES = { USD: 0.5, JPY: 0.01 };

/** A ruleset of the simulation, and how the runtime compiles it. */
export type RulesetVariant = {
  readonly text: string;
  readonly version: string;
  readonly rates: Readonly<Record<string, number>>;
  /** In the order of a record's `features`. */
  readonly features: readonly FeatureSpec[];
  readonly program: Program;
};

function variant(
  name: string,
  rates: Readonly<Record<string, number>>,
  features: readonly FeatureSpec[],
  rules: readonly string[],
  eventTime?: string,
): RulesetVariant {
  const text = rulesetText({ name, rates, features, rules, ...(eventTime === undefined ? {} : { eventTime }) });
  const parsed = parseRuleset(text);
  if (!parsed.ok) throw new Error(`The ruleset ${name} of the simulation is wrong: ${JSON.stringify(parsed.problems)}`);
  const program = new Program(parsed.ruleset, ACTOR_DEFINITIONS, new ListIndex(), new SuppressionIndex());
  const ordered = [...features].sort(
    (left, right) => ACTOR_KINDS.indexOf(left.by) - ACTOR_KINDS.indexOf(right.by) || (left.name < right.name ? -1 : 1),
  );
  return { text, version: parsed.ruleset.version, rates, features: ordered, program };
}

/** The first is in force at the start, and has late events revise approvals. The others change one thing or another. */
export const RULESET_VARIANTS: readonly RulesetVariant[] = [
  variant('base', RATES, BASE_FEATURES, RULES, '{ features: { late: correct, revise: { at_least: challenge } } }'),
  variant('other-rates', { USD: 0.8, JPY: 0.02 }, BASE_FEATURES, RULES),
  variant('other-features', RATES, OTHER_FEATURES, RULES),
  variant('other-rules', RATES, BASE_FEATURES, RULES.slice(0, 3)),
  variant('other-windows', RATES, KIND_FEATURES, RULES),
];

/** The variant of a version; throws where there is none. */
export function variantOf(version: string): RulesetVariant {
  const found = RULESET_VARIANTS.find((candidate) => candidate.version === version);
  if (found === undefined) throw new Error(`No ruleset of the simulation has version ${version}.`);
  return found;
}
