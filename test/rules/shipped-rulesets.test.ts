import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { validRuleset } from './rule-facts.ts';

const FOLDER = new URL('../../rulesets/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

describe('the rulesets that ship', () => {
  test('are more than the default one', () => assert.ok(FILES.length > 1 && FILES.includes('default.yaml')));

  for (const file of FILES) {
    test(`${file} tells in a sentence what each rule means`, () => {
      const { rules } = validRuleset(readFileSync(new URL(file, FOLDER), 'utf8'));
      const bare = rules.filter(({ description }) => !/^\S.{15,}\.$/s.test(description.trim()));
      assert.deepEqual(
        bare.map(({ id }) => id),
        [],
      );
    });
  }
});
