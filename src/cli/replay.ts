import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { Decision } from '../domain/decision.ts';
import {
  flagOption,
  integerOption,
  type ParsedArguments,
  readArguments,
  requirePositionals,
  textOption,
} from './arguments.ts';
import { type CliIo, EXIT_FAILED, EXIT_OK } from './command.ts';
import { createHttpTransport } from './http-transport.ts';
import { ProgressBar } from './progress-bar.ts';
import { inputError } from './replay/input-bytes.ts';
import { loadMapping, openTraffic, type TrafficSource } from './replay/traffic-source.ts';
import { RetryingSender } from './retrying-sender.ts';
import { replaySummary } from './traffic/report-text.ts';
import type { TrafficItem } from './traffic/traffic-item.ts';
import { TrafficPlayer } from './traffic/traffic-player.ts';

const LOOKAHEAD = 4096;
const PROGRESS_EVERY = 256;

const HELP = `Usage: palisade replay FILE [options]

Sends every event of a file through the HTTP API of a running engine and reports the decisions.
FILE is CSV or NDJSON, gzipped or not; - is standard input. NDJSON is taken as it stands: events, or
the lines of palisade simulate. Events that share a card, account, device, merchant or address are
sent one after the other, all others at once. The same file on a fresh engine gives the same
decision hash.

  --url URL          the engine (default http://127.0.0.1:8080)
  --key KEY          API key with the scopes authorize and events (default: PALISADE_KEY)
  --mapping NAME     how rows become events: a mapping file, or handbook, or sparkov
  --from N           leave out the first N events of the file (default 0)
  --limit N          stop after N events of the file
  --connections N    requests under way at once (default 64)
  --deadline-ms N    time an answer is of use, in the X-Deadline-Ms header (default 10000)
  --json FILE        write the report as JSON
  --decisions FILE   write every decision as NDJSON, in the order of the input
  --help             show this text
`;

const OPTIONS = {
  url: { type: 'string' },
  key: { type: 'string' },
  mapping: { type: 'string' },
  from: { type: 'string' },
  limit: { type: 'string' },
  connections: { type: 'string' },
  'deadline-ms': { type: 'string' },
  json: { type: 'string' },
  decisions: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** A file that decisions are written to as they come; `settled` waits until it has caught up. */
type DecisionSink = { add(decision: Decision): void; settled(): Promise<void>; close(): Promise<void> };

function openDecisionSink(path: string | undefined): DecisionSink {
  if (path === undefined) return { add: () => {}, settled: async () => {}, close: async () => {} };
  const file = createWriteStream(path);
  let failure: Error | null = null;
  let behind = false;
  let wake: (() => void) | null = null;
  file.on('drain', () => {
    behind = false;
    wake?.();
  });
  file.on('error', (error) => {
    failure = error;
    wake?.();
  });
  const check = (): void => {
    if (failure !== null) throw inputError(path, 'the decisions cannot be written to it', failure);
  };
  return {
    add: (decision) => {
      behind = !file.write(`${JSON.stringify(decision)}\n`);
    },
    settled: async () => {
      while (behind && failure === null) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      check();
    },
    close: async () => {
      file.end();
      await finished(file).catch(() => undefined);
      check();
    },
  };
}

/** Which events of the file are played. */
type Span = { readonly from: number; readonly limit: number };

async function playAll(
  source: TrafficSource,
  span: Span,
  player: TrafficPlayer,
  sink: DecisionSink,
  bar: ProgressBar,
): Promise<void> {
  const play = async (item: TrafficItem): Promise<void> => {
    await player.room();
    player.push(item);
  };
  for await (const item of source.before) await play(item);
  let number = 0;
  for await (const item of source.items) {
    number++;
    if (number <= span.from) continue;
    if (number > span.from + span.limit) break;
    await play(item);
    if (number % PROGRESS_EVERY === 0) {
      await sink.settled();
      bar.update(Math.max(source.share(), (number - span.from) / span.limit), player.answered);
    }
  }
}

function readSpan(parsed: ParsedArguments): Span {
  const high = Number.MAX_SAFE_INTEGER;
  return {
    from: integerOption(parsed, 'from', { low: 0, high, fallback: 0 }),
    limit: integerOption(parsed, 'limit', { low: 1, high, fallback: Number.POSITIVE_INFINITY }),
  };
}

/**
 * `palisade replay FILE`: plays a file through the HTTP API. Answers 1 where the engine refused an event. Rejects with
 * UsageError, INPUT_FILE, or what keeps the engine from answering at all.
 */
export async function runReplay(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('replay', args, OPTIONS);
  if (flagOption(parsed, 'help')) {
    io.stdout.write(HELP);
    return EXIT_OK;
  }
  requirePositionals('replay', parsed, ['FILE']);
  const span = readSpan(parsed);
  const connections = integerOption(parsed, 'connections', { low: 1, high: 4096, fallback: 64 });
  const deadlineMs = integerOption(parsed, 'deadline-ms', { low: 1, high: 60_000, fallback: 10_000 });
  const mappingName = textOption(parsed, 'mapping', undefined);
  const mapping = mappingName === undefined ? null : await loadMapping(mappingName);
  const source = await openTraffic(parsed.positionals[0] ?? '-', mapping, io.stdin);
  const key = textOption(parsed, 'key', process.env.PALISADE_KEY) ?? null;
  const url = textOption(parsed, 'url', 'http://127.0.0.1:8080');
  const transport = createHttpTransport({ url, key, connections, deadlineMs });
  const sender = new RetryingSender(transport);
  const sink = openDecisionSink(textOption(parsed, 'decisions', undefined));
  const player = new TrafficPlayer({
    sender,
    concurrency: connections,
    lookahead: LOOKAHEAD,
    onDecision: (_, decision) => sink.add(decision),
  });
  const bar = new ProgressBar(io.stderr, 'replay');
  const startMs = performance.now();
  try {
    await playAll(source, span, player, sink, bar);
    const report = await player.finish();
    const durationS = (performance.now() - startMs) / 1000;
    bar.finish();
    await sink.close();
    io.stdout.write(replaySummary(report, durationS, sender.retries));
    for (const { number, status, answer } of player.refusals) {
      io.stderr.write(`Refused: event ${number} with ${status}: ${answer}\n`);
    }
    const json = textOption(parsed, 'json', undefined);
    if (json !== undefined) {
      await writeFile(json, `${JSON.stringify({ ...report, durationS, retries: sender.retries }, null, 2)}\n`);
    }
    return report.refused === 0 ? EXIT_OK : EXIT_FAILED;
  } finally {
    transport.close();
  }
}
