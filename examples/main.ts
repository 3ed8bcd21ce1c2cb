import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_ENGINE_SETTINGS, startServer } from '../src/cli/engine-server.ts';
import { EXAMPLES } from './catalog.ts';
import { type Example, exampleFile, SEED } from './kit/example.ts';
import { type Findings, play } from './kit/findings.ts';
import { httpDoor } from './kit/http-door.ts';
import { reportText } from './kit/report.ts';
import { scoresOf } from './kit/score.ts';

const OPTIONS = {
  seed: { type: 'string' },
  input: { type: 'string' },
  json: { type: 'string' },
  keep: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

function helpText(): string {
  const width = Math.max(...EXAMPLES.map(({ name }) => name.length));
  return [
    'Usage: npm run example -- NAME [options]',
    '',
    'Starts an engine with the ruleset of an example on a free port of this machine, sends it labelled events over',
    'HTTP, and shows what was detected, missed and wrongly flagged. The data is in a temporary folder.',
    '',
    ...EXAMPLES.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`),
    '',
    `  --seed N       seed of the events (default ${SEED})`,
    '  --input FILE   only write the events, one a line with its label; `palisade replay FILE` sends them',
    '  --json FILE    write the findings; the folder of each example has those of the default seed',
    '  --keep         go on serving afterwards, until Ctrl-C',
    '',
  ].join('\n');
}

async function run(example: Example, seed: number, keep: boolean): Promise<Findings> {
  const events = example.generate(seed);
  const directory = await mkdtemp(join(tmpdir(), 'palisade-example-'));
  try {
    const rulesetText = await readFile(exampleFile(example.name, 'ruleset.yaml'), 'utf8');
    const server = await startServer({
      directory,
      host: '127.0.0.1',
      port: 0,
      rulesetText,
      fallbackRulesetText: rulesetText,
      keys: async () => null,
      engine: DEFAULT_ENGINE_SETTINGS,
      http: { drainGraceMs: 0 },
      logger: { info: () => {}, warn: () => {}, error: (message) => process.stderr.write(`${message}\n`) },
    });
    try {
      const findings = await play(example, seed, events, httpDoor(server.url));
      process.stdout.write(reportText(example, events, findings, scoresOf(example, findings, events)));
      if (keep) {
        process.stdout.write(`\nThe engine serves at ${server.url} (${server.url}/docs) until Ctrl-C.\n`);
        await new Promise((resolve) => {
          for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
        });
      }
      return findings;
    } finally {
      await server.stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

type Order = { readonly example: Example; readonly seed: number; readonly values: Values };
type Values = { readonly input?: string; readonly json?: string; readonly keep?: boolean };

/** What the command line asks for; a sentence where it cannot be understood; null where it asks for help. */
function orderOf(): Order | string | null {
  try {
    const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
    if (values.help === true) return null;
    const [name = '', ...more] = positionals;
    const example = EXAMPLES.find((candidate) => candidate.name === name);
    if (name === '' || more.length > 0) return 'Cannot play an example as it takes one name.';
    if (example === undefined) return `Cannot play an example as there is none of this name: ${name}.`;
    const seed = Number(values.seed ?? SEED);
    if (!Number.isSafeInteger(seed)) return `Cannot use --seed as it is no whole number: ${values.seed}.`;
    return { example, seed, values };
  } catch (error) {
    return `Cannot play an example: ${error instanceof Error ? error.message.split(/\.\s/)[0] : String(error)}.`;
  }
}

async function main(): Promise<number> {
  const order = orderOf();
  if (order === null) {
    process.stdout.write(helpText());
    return 0;
  }
  if (typeof order === 'string') {
    process.stderr.write(`${order}\n\n${helpText()}`);
    return 2;
  }
  const { example, seed, values } = order;
  if (values.input !== undefined) {
    const lines = example.generate(seed).map((item) => `${JSON.stringify(item)}\n`);
    await writeFile(values.input, lines.join(''));
    return 0;
  }
  const findings = await run(example, seed, values.keep === true);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(findings, null, 1)}\n`);
  return 0;
}

process.exitCode = await main();
