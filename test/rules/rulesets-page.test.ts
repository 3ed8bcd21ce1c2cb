import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { DISTINCT_FIELDS } from '../../src/domain/event-view.ts';
import { ENTITY_FIELDS, EVENT_FIELDS } from '../../src/rules/condition-views.ts';
import { assess } from '../../src/rules/mod.ts';
import { AGGREGATES } from '../../src/rules/parse-aggregate.ts';
import { prepare, validRuleset } from './rule-facts.ts';

const RULE = '  - { id: one, when: card.known, outcome: review, reason: ONE }';

const page = readFileSync(new URL('../../docs/rulesets.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block]) => block ?? '');

/** The first example that begins with a section. */
function blockOf(section: string): string {
  return blocks.find((block) => block.startsWith(`${section}:`)) ?? '';
}

describe('docs/rulesets.md', () => {
  test('begins with a ruleset that is valid and works', () => {
    const event = { amount: 500 };
    const { compiled, context } = prepare(blocks[0] ?? '', { event, features: { 'card.approved_mean_30d': 40 } });
    assert.equal(assess(compiled, context).reasons[0]?.code, 'AMOUNT_SPIKE');
  });

  test('shows list entries that are valid', () => {
    const { lists } = validRuleset(`${blocks[0]}\n${blockOf('lists')}`);
    assert.equal(lists.length, 2);
  });

  test('shows features that are valid', () => {
    const policy = 'policy: { fallback: [{ outcome: review }] }';
    const text = `name: f\ncurrency: { base: EUR }\n${blockOf('features')}rules:\n${RULE}\n${policy}`;
    assert.equal(validRuleset(text).features.length, 9);
  });

  test('names every aggregate', () => {
    const missing = AGGREGATES.filter((name) => !page.includes(`\`${name}\``) && !page.includes(`\`${name}(`));
    assert.deepEqual(missing, []);
  });

  test('shows tables, and rules that read them, that are valid', () => {
    const around = [
      'name: tables',
      'currency: { base: EUR }',
      blockOf('tables'),
      'policy: { fallback: [{ outcome: review }] }',
    ];
    const { tables, rules } = validRuleset(around.join('\n'));
    assert.deepEqual([tables.length, rules.length], [3, 3]);
  });

  test('names every field that a condition can read', () => {
    const names = [...Object.keys(EVENT_FIELDS), ...Object.keys(ENTITY_FIELDS), ...DISTINCT_FIELDS];
    assert.deepEqual(
      names.filter((name) => !page.includes(`\`${name}\``)),
      [],
    );
  });
});
