import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseRuleset } from '../../src/rules/mod.ts';
import { rulesetText } from './rule-facts.ts';

function problemsOf(text: string) {
  const parsed = parseRuleset(text);
  return parsed.ok ? [] : parsed.problems;
}

function rulesetWith(extra: string, when = 'event.amount > 5'): string {
  return rulesetText([`{ id: one, when: ${when}, outcome: review, reason: ONE }`], [], extra);
}

describe('card data in the text of a ruleset is refused', () => {
  const places = {
    'on a list': ['lists[0].value', rulesetWith("lists: [ { list: block, kind: card, value: '4111111111111111' } ]")],
    'in a note': [
      'lists[0].note',
      rulesetWith("lists: [ { list: block, kind: card, value: tok-1, note: 'was 4111 1111 1111 1111 before' } ]"),
    ],
    'in a condition': ['rules[0].when', rulesetWith('', "event.cardId == '4111-1111-1111-1111'")],
  } as const;
  for (const [place, [field, text]] of Object.entries(places)) {
    test(`${place}, with its line and field, and is not repeated`, () => {
      const [problem, ...more] = problemsOf(text);
      assert.deepEqual([problem?.field, more], [field, []]);
      assert.match(problem?.message ?? '', /must not hold card data/);
      assert.ok(!JSON.stringify(problem).includes('4111'));
      assert.match(text.split('\n')[(problem?.line ?? 0) - 1] ?? '', /4111/);
    });
  }

  test('but a long number that is no text may well pass the Luhn check', () => {
    assert.deepEqual(problemsOf(rulesetWith('', 'event.occurredAtMs > 1700000000004')), []);
  });
});

test('any line of the default ruleset may be there twice: that is a problem or none, and nothing is thrown', () => {
  const lines = readFileSync(new URL('../../rulesets/default.yaml', import.meta.url), 'utf8').split('\n');
  for (let index = 0; index < lines.length; index += 11) {
    const twice = lines.toSpliced(index, 0, lines[index] ?? '').join('\n');
    assert.doesNotThrow(() => problemsOf(twice), `line ${index + 1}`);
  }
});
