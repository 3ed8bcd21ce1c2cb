import type { ViewSpec } from '../domain/views.ts';
import { parseRuleset, type Ruleset } from '../rules/mod.ts';
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
  const { name, version } = result.ruleset;
  const lines = contentOf(result.ruleset).map((line) => `  ${line}\n`);
  io.stdout.write(`${path} is valid: ${name}, version ${version}\n${lines.join('')}`);
  return EXIT_OK;
}

/** What a ruleset holds, a line for each of its parts that is there. */
function contentOf({ rules, viewRules, features, views, tables, lists }: Ruleset): string[] {
  const all = [...rules, ...viewRules];
  const states = tally(all.map(({ state }) => state));
  const sources = tally([...rules.map(({ on }) => `on ${on}`), ...viewRules.map(({ view }) => `on view.${view}`)]);
  const parts: readonly (readonly [number, string, string, string])[] = [
    [all.length, 'rule', 'rules', `${states}; ${sources}`],
    [features.length, 'feature', 'features', tally(features.map(({ by }) => `by ${by}`))],
    [views.length, 'view', 'views', views.map((view) => `${view.name} from ${sourceOf(view)}`).join(', ')],
    [tables.length, 'table', 'tables', tables.map((table) => table.name).join(', ')],
    [lists.length, 'list entry', 'list entries', tally(lists.map(({ list }) => list))],
  ];
  return parts.flatMap(([count, one, many, detail]) => {
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}: ${detail}`];
  });
}

function sourceOf({ from }: ViewSpec): string {
  if ('view' in from) return `view.${from.view}`;
  return from.table === undefined ? from.stream : `table.${from.table}`;
}

/** How often each word occurs, in the order of the first: `4 active, 1 shadow`. */
function tally(words: readonly string[]): string {
  return [...Map.groupBy(words, (word) => word)].map(([word, all]) => `${all.length} ${word}`).join(', ');
}
