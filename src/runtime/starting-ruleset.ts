import type { PublicationOrigin } from '../domain/draft-facts.ts';
import { PalisadeError, shownPlace } from '../domain/errors.ts';
import type { RulesetPublished } from '../domain/records.ts';
import type { RulesetProblem } from '../ports/engine.ts';
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
    if (published !== null) return { ruleset: rulesetInForce(published), origin: null };
    return { ruleset: rulesetOf(fallbackRulesetText), origin: { ...BY_CALL, source: 'default' } };
  }
  const given = rulesetOf(rulesetText);
  if (published?.version === given.version) return { ruleset: given, origin: null };
  if (published === null || fileVersion !== given.version) {
    return { ruleset: given, origin: { ...BY_CALL, source: 'file' } };
  }
  const details = { file: given.version, inForce: published.version };
  logger.warn('The ruleset file is as it was: what was published since is in force', details);
  return { ruleset: rulesetInForce(published), origin: null };
}

/** What was published once may be refused by a version of the engine that is stricter. */
function rulesetInForce({ version, text, recordedAt }: RulesetPublished): Ruleset {
  const parsed = parseRuleset(text);
  if (parsed.ok) return parsed.ruleset;
  throw new PalisadeError(
    'RULESET_INVALID',
    `Cannot start with the ruleset that was published last as this version of the engine refuses it: ${version}, ` +
      `published at ${recordedAt}, has ${faultsOf(parsed.problems)} Start with --ruleset FILE, its text corrected.`,
    { fields: parsed.problems },
  );
}

/** The ruleset of a text. Throws RULESET_INVALID with every problem of it. */
export function rulesetOf(text: string): Ruleset {
  const parsed = parseRuleset(text);
  if (parsed.ok) return parsed.ruleset;
  const fields = parsed.problems;
  throw new PalisadeError('RULESET_INVALID', `Cannot install the ruleset as it has ${faultsOf(fields)}`, { fields });
}

function faultsOf(problems: readonly RulesetProblem[]): string {
  const [first] = problems;
  const at = first === undefined ? '' : `, the first at ${shownPlace(first)}: ${first.message}`;
  return `${problems.length} problem(s)${at}`;
}
