import type { PublicationOrigin } from '../domain/draft-facts.ts';
import { PalisadeError, shownPlace } from '../domain/errors.ts';
import type { Logger } from '../ports/logger.ts';
import { parseRuleset, type Ruleset } from '../rules/mod.ts';
import type { Registry } from './registry.ts';

/** Where the ruleset of a start may come from, beside what was published. */
type RulesetSources = {
  readonly rulesetText: string | null;
  readonly fallbackRulesetText: string;
  readonly logger: Logger;
};

/** Where nobody says who asks. */
export const BY_CALL: PublicationOrigin = { source: 'api', by: '', draftId: null, approvedBy: null, note: '' };

/**
 * The ruleset to begin with. The last word counts: what was published last is in force, and a given text is a new word
 * only where it is another than what was given last. `origin` is null where nothing new is said.
 * Throws RULESET_INVALID.
 */
export function rulesetAtStart(
  { rulesetText, fallbackRulesetText, logger }: RulesetSources,
  { published, fileVersion }: Registry,
): { readonly ruleset: Ruleset; readonly origin: PublicationOrigin | null } {
  if (rulesetText === null) {
    const text = published?.text ?? fallbackRulesetText;
    return { ruleset: rulesetOf(text), origin: published === null ? { ...BY_CALL, source: 'default' } : null };
  }
  const given = rulesetOf(rulesetText);
  if (published?.version === given.version) return { ruleset: given, origin: null };
  if (published === null || fileVersion !== given.version) {
    return { ruleset: given, origin: { ...BY_CALL, source: 'file' } };
  }
  const details = { file: given.version, inForce: published.version };
  logger.warn('The ruleset file is as it was: what was published since is in force', details);
  return { ruleset: rulesetOf(published.text), origin: null };
}

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
