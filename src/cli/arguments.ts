import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { EXIT_USAGE, UsageError } from './command.ts';

/** Values of the options by name; a flag is a boolean. */
export type ParsedArguments = {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
};

/** Splits the arguments of a command. Throws UsageError on an unknown option or a missing value. */
export function readArguments(
  command: string,
  args: readonly string[],
  options: ParseArgsOptionsConfig,
): ParsedArguments {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const single = Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? undefined : value]);
    return { values: Object.fromEntries(single), positionals };
  } catch (error) {
    // Node goes on with advice about positional arguments, which is of no use to somebody who mistyped an option.
    const detail = (error instanceof Error ? error.message : String(error)).split(/\.\s/)[0];
    throw new UsageError(`Cannot run ${command}: ${detail}. Run it with --help for the options.`, {
      cause: error,
    });
  }
}

/** Exit code of a script that is no command of the engine: misuse is told on standard error. */
export async function runScript(
  name: string,
  options: ParseArgsOptionsConfig,
  run: (parsed: ParsedArguments) => Promise<number>,
): Promise<number> {
  try {
    return await run(readArguments(name, process.argv.slice(2), options));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT_USAGE;
  }
}

/** Text of an option, or the default. */
export function textOption<Default extends string | undefined>(
  parsed: ParsedArguments,
  name: string,
  fallback: Default,
): string | Default {
  const value = parsed.values[name];
  return typeof value === 'string' ? value : fallback;
}

/** Whether a flag is set. */
export function flagOption(parsed: ParsedArguments, name: string): boolean {
  return parsed.values[name] === true;
}

/** Whole number of an option within bounds, or the default. Throws UsageError where it is no such number. */
export function integerOption(
  parsed: ParsedArguments,
  name: string,
  bounds: { readonly low: number; readonly high: number; readonly fallback: number },
): number {
  const text = textOption(parsed, name, undefined);
  if (text === undefined) return bounds.fallback;
  const value = Number(text);
  if (/^-?\d+$/.test(text) && value >= bounds.low && value <= bounds.high) return value;
  throw new UsageError(
    `Cannot use --${name} as it is no whole number from ${bounds.low} to ${bounds.high}: ${text}. Correct it.`,
  );
}

/** Throws UsageError where there are more or fewer positional arguments than `names`. */
export function requirePositionals(command: string, parsed: ParsedArguments, names: readonly string[]): void {
  const count = parsed.positionals.length;
  if (count === names.length) return;
  const wanted = names.length === 0 ? 'no argument' : names.join(' ');
  throw new UsageError(
    `Cannot run ${command} as it takes ${wanted} beside its options: ${count} given. ` +
      'Run it with --help for the options.',
  );
}
