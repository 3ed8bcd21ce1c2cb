import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { flagOption, type ParsedArguments, runScript, textOption } from '../src/cli/arguments.ts';
import { EXIT_OK, UsageError } from '../src/cli/command.ts';
import { figuresJson, figuresTable } from './figures.ts';
import type { Suite } from './suite.ts';

const SUITES: Readonly<Record<string, () => Promise<Suite>>> = {
  eventstore: async () => (await import('./eventstore/eventstore-suite.ts')).runEventStoreSuite,
  kafka: async () => (await import('./kafka/kafka-suite.ts')).runKafkaSuite,
  engine: async () => (await import('./engine/engine-suite.ts')).runEngineSuite,
  projections: async () => (await import('./projections/projections-suite.ts')).runProjectionsSuite,
  sagas: async () => (await import('./sagas/saga-suite.ts')).runSagaSuite,
  views: async () => (await import('./views/views-suite.ts')).runViewsSuite,
  windows: async () => (await import('./windows/windows-suite.ts')).runWindowsSuite,
};

const HELP = `Measure. Both sides of a ratio are measured in turn in one run; medians and spread are shown.

Usage: npm run bench -- SUITE [options]

  --json FILE   write the medians as JSON
  --only LIST   parts of the suite, by comma (engine: http, cpu, growth, restart;
                windows: features, hopping, neighbours, reads;
                projections: lag, lists, query, backtest, console;
                sagas: webhook, open; kafka: events, streams, outage;
                views: kinds, hopping, authorizations, lag; eventstore: appends)
  --quick       small inputs: shows that the suite works, not a figure to quote
  --help        this text

Suites: ${Object.keys(SUITES).join(', ')}
`;

const OPTIONS = {
  json: { type: 'string' },
  only: { type: 'string' },
  quick: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function run(parsed: ParsedArguments): Promise<number> {
  if (flagOption(parsed, 'help')) {
    process.stdout.write(HELP);
    return EXIT_OK;
  }
  const { positionals } = parsed;
  const load = positionals.length === 1 ? SUITES[positionals[0] ?? ''] : undefined;
  if (load === undefined) {
    const known = `one of ${Object.keys(SUITES).join(', ')}`;
    const given = positionals.length === 0 ? 'none' : positionals.join(' ');
    throw new UsageError(`Cannot measure as it takes a suite, ${known}: ${given}. Run it with --help for the options.`);
  }
  note(
    `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? '?'}), load ${loadavg()[0]?.toFixed(2)}`,
  );
  const suite = await load();
  const only = textOption(parsed, 'only', '').split(',').filter(Boolean);
  const figures = await suite({ quick: flagOption(parsed, 'quick'), only, note });
  process.stdout.write(`${figuresTable(figures)}\n`);
  const file = textOption(parsed, 'json', undefined);
  if (file !== undefined) await writeFile(file, figuresJson(figures));
  return EXIT_OK;
}

process.exit(await runScript('the bench', OPTIONS, run));
