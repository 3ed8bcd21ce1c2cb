import { isPalisadeError, shownPlace } from '../domain/errors.ts';
import { type CliIo, type CommandRun, EXIT_FAILED, EXIT_OK, EXIT_USAGE, UsageError } from './command.ts';
import { readVersion } from './version.ts';

/** Every command with its line in the help, in the order of the help. */
export const COMMANDS = {
  serve: 'Start the engine and its HTTP API',
  demo: 'Start the engine, play simulated traffic with attacks, and show what it did',
  simulate: 'Write labelled traffic of a simulated population as NDJSON',
  replay: 'Send a CSV or NDJSON file through the HTTP API and report the decisions',
  'tables list': 'Tell the tables of reference data of a running engine',
  'tables load': 'Load a CSV or NDJSON file into a table of a running engine',
  'tables row': 'Read a row of a table as of a time',
  'tables changes': 'Read the changelog of a table as NDJSON',
  'ruleset check': 'Check a ruleset file and name what is wrong by line and field',
  'rulesets list': 'List drafts of rulesets, and every ruleset that was in force',
  'rulesets show': 'Show a draft with its history, or print the text of a version',
  'rulesets save': 'Make a draft from a file, or change its text',
  'rulesets delete': 'Delete a draft',
  'rulesets backtest': 'Try a draft over the whole log of a running engine',
  'rulesets shadow': 'Let a draft decide beside the live traffic',
  'rulesets unshadow': 'End the shadow of a draft',
  'rulesets approve': 'Approve a draft that others wrote',
  'rulesets publish': 'Put an approved draft into force',
  'rulesets rollback': 'Put an earlier version into force again',
  backtest: 'Run a draft ruleset over the history of a log',
  'log verify': 'Check every record of an event log',
  'projections list': 'Tell which projections there are, and how far each is',
  'projections rebuild': 'Build a projection anew from the log',
  'projections verify': 'Compare every projection with the log, row for row',
  'views export': 'Write the rows of a view as Parquet files to a folder or an S3-compatible store',
  'keys create': 'Make an API key',
  'sagas list': 'List the sagas of a running engine',
  'sagas show': 'Show one saga with its history and its machine',
  'sagas retry': 'Send at once what a saga waits to send',
  cluster: 'Show the cluster that a running engine is a node of',
  sandbox: 'Serve a card processor, an identity provider and a pager to try sagas on',
} as const;
export type CommandName = keyof typeof COMMANDS;

/** How each command is loaded: only the one that runs is imported. */
export type CommandLoaders = Readonly<Record<CommandName, () => Promise<CommandRun>>>;

const HELP_WORDS = ['--help', '-h'];
const VERSION_WORDS = ['--version', '-V'];

/** Text of `palisade --help`. */
export function helpText(): string {
  return [
    'Palisade decides in milliseconds whether a transaction may go ahead.',
    '',
    'Usage: palisade COMMAND [options]',
    '',
    ...commandLines(Object.keys(COMMANDS)),
    '',
    'palisade COMMAND --help tells the options of a command, palisade --version the version.',
    'Exit codes: 0 done, 1 failed, 2 the command line is not understood.',
    '',
  ].join('\n');
}

/** Text of the help of a group of commands: `palisade ruleset --help`. */
function groupHelpText(group: string): string {
  const tail = ['', `palisade ${group} COMMAND --help tells the options of a command.`, ''];
  return [`Usage: palisade ${group} COMMAND [options]`, '', ...commandLines(namesIn(group)), ...tail].join('\n');
}

function commandLines(names: readonly string[]): string[] {
  const width = Math.max(...names.map((name) => name.length));
  return names.map((name) => `  ${name.padEnd(width)}  ${isCommandName(name) ? COMMANDS[name] : ''}`);
}

/** Names of the commands of a group, the first word of a command of two. */
function namesIn(group: string | undefined): string[] {
  return Object.keys(COMMANDS).filter((name) => name.startsWith(`${group} `));
}

function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(COMMANDS, text);
}

/** The longest command name at the start of the arguments, and the arguments after it. */
function findCommand(args: readonly string[]): { name: CommandName; rest: readonly string[] } | null {
  for (const length of [2, 1]) {
    const name = args.slice(0, length).join(' ');
    if (args.length >= length && isCommandName(name)) return { name, rest: args.slice(length) };
  }
  return null;
}

function misuse(args: readonly string[]): UsageError {
  const known = namesIn(args[0]);
  const remedy = known.length > 0 ? `Say one of: ${known.join(', ')}.` : 'Run palisade --help for the commands.';
  return new UsageError(`Cannot run as there is no such command: ${args.join(' ')}. ${remedy}`);
}

function report(error: unknown, io: CliIo): number {
  if (error instanceof UsageError) {
    io.stderr.write(`${error.message}\n`);
    return EXIT_USAGE;
  }
  if (isPalisadeError(error)) {
    io.stderr.write(`${error.code}: ${error.message}\n`);
    for (const problem of error.fields) io.stderr.write(`  ${shownPlace(problem)} ${problem.message}\n`);
    return EXIT_FAILED;
  }
  io.stderr.write(`Unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT_FAILED;
}

/** `help ruleset check` means `ruleset check --help`. */
function withoutHelpCommand(args: readonly string[]): readonly string[] {
  return args[0] === 'help' ? [...args.slice(1), '--help'] : args;
}

/** Text that the arguments ask for without a command to run: help or the version; null where they do not. */
function textFor(args: readonly string[], rest: readonly string[] | undefined): string | null {
  const [first = '', second = ''] = args;
  const isGroup = namesIn(first).length > 0;
  const asked = rest?.[0] ?? (isGroup ? second : first);
  if (VERSION_WORDS.includes(asked)) return `palisade ${readVersion()}\n`;
  if (rest !== undefined || !HELP_WORDS.includes(asked)) return null;
  return isGroup ? groupHelpText(first) : helpText();
}

/**
 * Runs the command that the arguments name and answers the exit code: 0 done, 1 failed, 2 not understood. Never
 * rejects: errors are written to stderr.
 */
export async function runCli(args: readonly string[], io: CliIo, loaders: CommandLoaders): Promise<number> {
  try {
    if (args.length === 0) {
      io.stderr.write(helpText());
      return EXIT_USAGE;
    }
    const wanted = withoutHelpCommand(args);
    const command = findCommand(wanted);
    const text = textFor(wanted, command?.rest);
    if (text !== null) {
      io.stdout.write(text);
      return EXIT_OK;
    }
    if (command === null) throw misuse(wanted);
    const run = await loaders[command.name]();
    return await run(command.rest, io);
  } catch (error) {
    return report(error, io);
  }
}
