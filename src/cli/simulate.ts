import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { currencyExponent } from '../domain/money.ts';
import { simulate } from '../simulator/simulation.ts';
import { CAMPAIGN_KINDS, type CampaignKind, type SimulationOptions } from '../simulator/simulation-event.ts';
import {
  flagOption,
  integerOption,
  type ParsedArguments,
  readArguments,
  requirePositionals,
  textOption,
} from './arguments.ts';
import { type CliIo, EXIT_OK, UsageError } from './command.ts';
import { LineWriter } from './line-writer.ts';
import { ProgressBar } from './progress-bar.ts';

const DAY_MS = 86_400_000;
const DEFAULT_START = '2025-01-06T00:00:00Z';
const QUIET_SHARE = 0.25;

const HELP = `Usage: palisade simulate [options]

Writes the traffic of a simulated population in order of time, one event a line:
{"event": {...}, "label": {"fraud": false, "campaign": null}}
Equal options give equal bytes.

  --cards N         cards of honest people (default 1000)
  --days N          simulated days (default 2)
  --attacks LIST    all, none, or some of these, separated by commas (default all):
                    ${CAMPAIGN_KINDS.slice(0, 4).join(', ')},
                    ${CAMPAIGN_KINDS.slice(4).join(', ')}
  --campaigns N     attacks of each kind (default: one for each 2000 card-days, at least 1)
  --seed N          seed of all randomness (default 1)
  --start TIME      start of the first day, RFC 3339 (default ${DEFAULT_START})
  --currency CODE   billing currency (default EUR)
  --no-labels       write the bare events
  --out FILE        where to; - is standard output (default -)
  --help            show this text
`;

/** Attacks that a text names: `all`, `none`, or a list with commas. Throws UsageError on an unknown name. */
export function parseAttacks(text: string): readonly CampaignKind[] {
  if (text === 'all') return CAMPAIGN_KINDS;
  if (text === 'none') return [];
  return text.split(',').map((name) => {
    const kind = CAMPAIGN_KINDS.find((candidate) => candidate === name.trim());
    if (kind !== undefined) return kind;
    const known = CAMPAIGN_KINDS.join(', ');
    throw new UsageError(
      `Cannot stage an attack as there is none of this name: ${name}. Say all, none, or some of ${known}.`,
    );
  });
}

function readOptions(parsed: ParsedArguments): SimulationOptions {
  const cards = integerOption(parsed, 'cards', { low: 1, high: 10_000_000, fallback: 1000 });
  const days = integerOption(parsed, 'days', { low: 1, high: 3650, fallback: 2 });
  const startText = textOption(parsed, 'start', DEFAULT_START);
  const startMs = Date.parse(startText);
  if (Number.isNaN(startMs)) {
    throw new UsageError(`Cannot use --start as it is no time: ${startText}. Write it as ${DEFAULT_START}.`);
  }
  const currency = textOption(parsed, 'currency', 'EUR');
  if (currencyExponent(currency) === null) {
    throw new UsageError(`Cannot use --currency as ISO 4217 does not list it: ${currency}. Write a code such as EUR.`);
  }
  const campaigns = Math.max(1, Math.round((cards * days) / 2000));
  return {
    seed: integerOption(parsed, 'seed', { low: 0, high: 2 ** 31 - 1, fallback: 1 }),
    cards,
    days,
    startMs,
    attacks: parseAttacks(textOption(parsed, 'attacks', 'all')),
    attacksFromMs: startMs + Math.round(days * DAY_MS * QUIET_SHARE),
    campaignsPerKind: integerOption(parsed, 'campaigns', { low: 1, high: 100_000, fallback: campaigns }),
    currency,
  };
}

async function writeEvents(
  options: SimulationOptions,
  labels: boolean,
  out: LineWriter,
  bar: ProgressBar,
): Promise<number> {
  const spanMs = options.days * DAY_MS;
  let count = 0;
  for (const { event, label, timeMs } of simulate(options)) {
    count++;
    if (out.add(`${JSON.stringify(labels ? { event, label } : event)}\n`)) {
      await out.flush();
      if (out.closed) break;
      bar.update((timeMs - options.startMs) / spanMs, count);
    }
  }
  await out.flush();
  bar.finish();
  return count;
}

/** `palisade simulate`: writes labelled traffic as NDJSON. Rejects with UsageError, or INPUT_FILE on a write error. */
export async function runSimulate(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('simulate', args, {
    cards: { type: 'string' },
    days: { type: 'string' },
    attacks: { type: 'string' },
    campaigns: { type: 'string' },
    seed: { type: 'string' },
    start: { type: 'string' },
    currency: { type: 'string' },
    'no-labels': { type: 'boolean' },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (flagOption(parsed, 'help')) {
    io.stdout.write(HELP);
    return EXIT_OK;
  }
  requirePositionals('simulate', parsed, []);
  const options = readOptions(parsed);
  const path = textOption(parsed, 'out', '-');
  const file = path === '-' ? null : createWriteStream(path);
  const out = new LineWriter(file ?? io.stdout, path);
  const count = await writeEvents(
    options,
    !flagOption(parsed, 'no-labels'),
    out,
    new ProgressBar(io.stderr, 'simulate'),
  );
  if (file !== null) {
    file.end();
    await finished(file);
    io.stderr.write(`Wrote ${count.toLocaleString('en-US')} events to ${path}.\n`);
  }
  return EXIT_OK;
}
