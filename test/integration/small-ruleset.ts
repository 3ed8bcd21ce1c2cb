/** A ruleset with one rule, which gives payments above 10 an outcome; its name and that outcome tell versions apart. */
export function smallRuleset(name: string, outcome: string): string {
  return `name: ${name}
currency: { base: EUR, rates: {} }
features:
  card.count_1h: { aggregate: count, window: sliding 1h }
rules:
  - id: above-ten
    when: event.amount > 10
    outcome: ${outcome}
    score: 10
    reason: ABOVE_TEN
policy:
  thresholds: { challenge: 80, review: 90, decline: 100 }
  fallback:
    - { channel: ecommerce, amount_max: 30, outcome: approve }
    - { outcome: review }
`;
}
