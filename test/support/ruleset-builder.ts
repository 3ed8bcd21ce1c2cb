import type { FeatureSpec, WindowSpec } from '../../src/domain/features.ts';

/** A ruleset by its parts; rules are YAML flow mappings. */
export type RulesetParts = {
  readonly name: string;
  readonly rates?: Readonly<Record<string, number>>;
  /** The section `event_time`, as a flow mapping. */
  readonly eventTime?: string;
  readonly features: readonly FeatureSpec[];
  /** Lines of the section `tables`. */
  readonly tables?: readonly string[];
  readonly rules: readonly string[];
  readonly fallback?: readonly string[];
};

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];

function durationText(ms: number): string {
  const [unit, size] = UNITS.find(([, unitMs]) => ms % unitMs === 0) ?? ['s', 1000];
  return `${ms / size}${unit}`;
}

function windowText(window: WindowSpec): string {
  switch (window.kind) {
    case 'sliding':
    case 'tumbling':
      return `${window.kind} ${durationText(window.sizeMs)}`;
    case 'hopping':
      return `hopping ${durationText(window.sizeMs)} every ${durationText(window.everyMs)}`;
    case 'session':
      return `session ${durationText(window.gapMs)}`;
    case 'unbounded':
      return 'unbounded';
  }
}

/** A feature as a line of a ruleset. */
export function featureLine(spec: FeatureSpec): string {
  const { aggregate, window, on, outcome, where } = spec;
  const field = 'field' in aggregate ? `(event.${aggregate.field})` : '';
  const parts = [`on: ${on}`, `outcome: ${outcome}`, `aggregate: ${aggregate.function}${field}`];
  if (window !== null) parts.push(`window: ${windowText(window)}`);
  if (where !== null) parts.push(`where: ${JSON.stringify(where)}`);
  return `  ${spec.by}.${spec.name}: { ${parts.join(', ')} }`;
}

/** The YAML of a ruleset with thresholds out of the way, in euros. */
export function rulesetText(parts: RulesetParts): string {
  const rates = Object.entries(parts.rates ?? {}).map(([currency, rate]) => `${currency}: ${rate}`);
  return [
    `name: ${parts.name}`,
    `currency: { base: EUR, rates: { ${rates.join(', ')} } }`,
    ...(parts.eventTime === undefined ? [] : [`event_time: ${parts.eventTime}`]),
    `features:${parts.features.length === 0 ? ' {}' : ''}`,
    ...parts.features.map(featureLine),
    ...(parts.tables === undefined ? [] : ['tables:', ...parts.tables.map((line) => `  ${line}`)]),
    'rules:',
    ...parts.rules.map((rule) => `  - ${rule}`),
    'policy:',
    '  thresholds: { challenge: 80, review: 90, decline: 100 }',
    '  fallback:',
    ...(parts.fallback ?? ['{ channel: ecommerce, amount_max: 50, outcome: approve }', '{ outcome: decline }']).map(
      (entry) => `    - ${entry}`,
    ),
    '',
  ].join('\n');
}
