import { ENTITY_KINDS, type EntityKind } from '../../src/domain/entities.ts';
import type { EventView } from '../../src/domain/event-view.ts';
import {
  type CompiledRules,
  compileRules,
  parseRuleset,
  type RuleContext,
  type Ruleset,
  SuppressionIndex,
} from '../../src/rules/mod.ts';

/** An ordinary purchase at noon, as a base that a test changes in the one thing it is about. */
export const PURCHASE: EventView = {
  source: 'transaction',
  id: 'transaction-1',
  type: 'purchase',
  occurredAtMs: 1_760_000_000_000,
  hour: 12,
  weekday: 3,
  amount: 40,
  amountMinor: 4000,
  currency: 'EUR',
  channel: 'ecommerce',
  country: 'DE',
  mcc: '5411',
  bin: '453201',
  binCountry: 'DE',
  ipCountry: 'DE',
  billingCountry: 'DE',
  shippingCountry: 'DE',
  cardId: 'card-1',
  accountId: 'account-1',
  deviceId: 'device-1',
  merchantId: 'merchant-1',
  payeeId: '',
  ip: '198.51.100.7',
  avsResult: 'match',
  cvvResult: 'match',
  threeDSecureResult: 'authenticated',
  status: '',
  latitude: 52.5,
  longitude: 13.4,
};

/** What a test states about one entity; the rest is that of an ordinary one. */
export type EntityFacts = {
  status?: string;
  known?: boolean;
  homeCountry?: string;
  fraudLabels?: number;
  attributes?: Readonly<Record<string, string | number | boolean>>;
};

export type Facts = {
  event?: Partial<EventView>;
  /** Values by full name, as in `card.count_1h`; the rest are 0. */
  features?: Readonly<Record<string, number>>;
  entities?: Partial<Record<EntityKind, EntityFacts>>;
};

/** Facts on which a default rule fires, and changes of them, by name, that are near and must not fire it. */
export type RuleCase = { readonly fires: Facts; readonly misses: Readonly<Record<string, Facts>> };

const USUAL_STATUS = { card: 'active', account: 'normal', device: 'known', merchant: 'active', ip: 'active' } as const;

/** Fills a context with facts. Throws where a feature is not declared, so that a test cannot miss by a typing error. */
export function fill(context: RuleContext, ruleset: Ruleset, facts: Facts): void {
  context.event = { ...PURCHASE, ...facts.event };
  context.nowMs = context.event.occurredAtMs;
  context.listHits.clear();
  context.inputFailures = [];
  for (const kind of ENTITY_KINDS) {
    const entity = context.entity(kind);
    entity.clear();
    entity.present = true;
    entity.status = USUAL_STATUS[kind];
    entity.known = true;
    Object.assign(entity, facts.entities?.[kind]);
  }
  for (const [name, value] of Object.entries(facts.features ?? {})) {
    const index = ruleset.features.findIndex((feature) => `${feature.by}.${feature.name}` === name);
    if (index === -1) throw new RangeError(`the ruleset declares no ${name}`);
    context.features[index] = value;
  }
}

/** Parses a ruleset that a test expects to be valid. */
export function validRuleset(text: string): Ruleset {
  const parsed = parseRuleset(text);
  if (!parsed.ok) throw new RangeError(`not a valid ruleset: ${JSON.stringify(parsed.problems)}`);
  return parsed.ruleset;
}

/** A compiled ruleset with a context of facts. */
export function prepare(
  text: string,
  facts: Facts = {},
  suppressions = new SuppressionIndex(),
): { compiled: CompiledRules; context: RuleContext; ruleset: Ruleset } {
  const ruleset = validRuleset(text);
  const compiled = compileRules(ruleset);
  const context = compiled.createContext(suppressions);
  fill(context, ruleset, facts);
  return { compiled, context, ruleset };
}

/** A small valid ruleset around some rules and features, each given as YAML. */
export function rulesetText(rules: readonly string[], features: readonly string[] = [], extra = ''): string {
  return [
    'name: test',
    'currency: { base: EUR, rates: { USD: 0.9 } }',
    features.length === 0 ? '' : `features:\n${features.map((feature) => `  ${feature}`).join('\n')}`,
    `rules:\n${rules.map((rule) => `  - ${rule}`).join('\n')}`,
    extra,
    'policy:',
    '  thresholds: { challenge: 40, review: 60, decline: 85 }',
    '  watch_score: 25',
    '  fallback:',
    '    - { channel: contactless, amount_max: 50, outcome: approve }',
    '    - { amount_max: 20, outcome: challenge }',
    '    - { outcome: decline }',
  ].join('\n');
}
