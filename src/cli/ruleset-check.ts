import { parseRuleset } from '../rules/mod.ts';
import { flagOption, readArguments, requirePositionals } from './arguments.ts';
import { type CliIo, EXIT_FAILED, EXIT_OK } from './command.ts';
import { readInputFile } from './input-file.ts';

const HELP = `Check a ruleset file and name what is wrong by line and field.

Usage: palisade ruleset check FILE

Exit codes: 0 the ruleset is valid, 1 it is not, 2 the command line is not understood.
`;

/** `palisade ruleset check`: prints each problem as FILE:LINE:COLUMN, or what the ruleset holds. */
export async function runRulesetCheck(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('ruleset check', args, { help: { type: 'boolean', short: 'h' } });
  if (flagOption(parsed, 'help')) {
    io.stdout.write(HELP);
    return EXIT_OK;
  }
  requirePositionals('ruleset check', parsed, ['FILE']);
  const [path = ''] = parsed.positionals;
  const result = parseRuleset(await readInputFile(path, 'ruleset'));
  if (!result.ok) {
    for (const { line, column, field, message } of result.problems) {
      io.stderr.write(`${path}:${line}:${column} ${field === '' ? '' : `${field}: `}${message}\n`);
    }
    io.stderr.write(`${result.problems.length} problem(s); the ruleset is not valid.\n`);
    return EXIT_FAILED;
  }
  const { name, version, features, tables, views, viewRules } = result.ruleset;
  const rules = [...result.ruleset.rules, ...viewRules];
  const count = (state: string): number => rules.filter((rule) => rule.state === state).length;
  io.stdout.write(
    `${path} is valid: ${name}, version ${version}\n` +
      `  ${rules.length} rules (${count('active')} active, ${count('shadow')} shadow, ${count('off')} off), ` +
      `${features.length} features, ${views.length} views, ${tables.length} tables\n`,
  );
  return EXIT_OK;
}
