import process from 'node:process';
import { parseArgs } from 'node:util';

const HELP = `Search for a run that breaks an invariant: the whole engine under a simulated clock, seeds and faults.

Usage: node test/simulation/main.ts [options]

  --seed NUMBER   first seed (default: 1)
  --seeds NUMBER  how many seeds, one after the other (default: 1)
  --steps NUMBER  steps of each run (default: 300)
  --verbose       print every step
  --help          this text

Exit codes: 0 every invariant held, 1 one was broken (its seed is told), 2 the command line is not understood.
`;
const OPTIONS = {
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '1' },
  steps: { type: 'string', default: '300' },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;
const FAILURES_SHOWN_MAX = 3;

type Search = { readonly first: number; readonly seeds: number; readonly steps: number; readonly verbose: boolean };

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new TypeError(`Option '--${name}' must be a whole number, not '${text}'`);
}

/** What the arguments ask for, null where it is the help. Throws TypeError where they are not understood. */
function readSearch(): Search | null {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return null;
  const [first, seeds, steps] = [
    wholeNumber('seed', values.seed),
    wholeNumber('seeds', values.seeds),
    wholeNumber('steps', values.steps),
  ];
  return { first, seeds, steps, verbose: values.verbose };
}

async function search({ first, seeds, steps, verbose }: Search): Promise<number> {
  // Only now: the help does not wait for the engine.
  const { failureText, simulate } = await import('./scenario.ts');
  const startedAtMs = performance.now();
  const totals: Record<string, number> = {};
  let failures = 0;
  for (let seed = first; seed < first + seeds && failures < FAILURES_SHOWN_MAX; seed++) {
    const result = await simulate({ seed, steps });
    for (const [name, count] of Object.entries(result.counts)) totals[name] = (totals[name] ?? 0) + count;
    if (verbose) console.log(result.trace.join('\n'));
    if (result.violation === null) continue;
    failures += 1;
    console.log(failureText(result, steps));
  }
  const seconds = (performance.now() - startedAtMs) / 1000;
  console.log(`${seeds} seeds of ${steps} steps in ${seconds.toFixed(1)} s, ${failures} failed`, totals);
  return failures === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  let wanted: Search | null;
  try {
    wanted = readSearch();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nUse --help for the options.\n`);
    return 2;
  }
  if (wanted !== null) return search(wanted);
  process.stdout.write(HELP);
  return 0;
}

process.exitCode = await main();
