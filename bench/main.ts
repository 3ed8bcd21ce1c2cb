import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
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
                kafka: events, streams, outage;
                views: kinds, hopping, authorizations, lag)
  --quick       small inputs: shows that the suite works, not a figure to quote
  --help        this text

Suites: ${Object.keys(SUITES).join(', ')}
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      only: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const load = SUITES[positionals[0] ?? ''];
  if (values.help === true || load === undefined) {
    process.stdout.write(HELP);
    return values.help === true ? 0 : 2;
  }
  const note = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  note(
    `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? '?'}), load ${loadavg()[0]?.toFixed(2)}`,
  );
  const suite = await load();
  const only = values.only === '' ? [] : values.only.split(',');
  const figures = await suite({ quick: values.quick, only, note });
  process.stdout.write(`${figuresTable(figures)}\n`);
  if (values.json !== undefined) await writeFile(values.json, figuresJson(figures));
  return 0;
}

process.exit(await main());
