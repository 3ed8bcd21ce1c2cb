import { PalisadeError, shownPlace } from '../domain/errors.ts';
import { parseRuleset, type Ruleset } from '../rules/mod.ts';

/** The ruleset of a text. Throws RULESET_INVALID with every problem of it. */
export function rulesetOf(text: string): Ruleset {
  const parsed = parseRuleset(text);
  if (parsed.ok) return parsed.ruleset;
  const fields = parsed.problems;
  const first = fields[0];
  const at = first === undefined ? '' : `, the first at ${shownPlace(first)}: ${first.message}`;
  throw new PalisadeError('RULESET_INVALID', `Cannot install the ruleset as it has ${fields.length} problem(s)${at}`, {
    fields,
  });
}
