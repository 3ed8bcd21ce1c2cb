import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flagOption, integerOption, readArguments, requirePositionals, textOption } from './arguments.ts';
import { type CliIo, EXIT_FAILED, EXIT_OK } from './command.ts';
import { DecisionKeeper } from './demo/decision-keeper.ts';
import { explainDecision } from './demo/decision-words.ts';
import { createDemoTraffic, type DemoTraffic } from './demo/demo-traffic.ts';
import { responseStory } from './demo/response-story.ts';
import { ruleDescriptionsOf } from './demo/rule-descriptions.ts';
import { CAMPAIGN_WORDS, scorecardText } from './demo/scorecard.ts';
import { playSteadily } from './demo/steady-play.ts';
import { createHttpTransport } from './http-transport.ts';
import { countText } from './number-words.ts';
import { ProgressBar } from './progress-bar.ts';
import { RetryingSender } from './retrying-sender.ts';
import type { TrafficReport } from './traffic/tally.ts';
import { isEventRecord } from './traffic/traffic-item.ts';
import { TrafficPlayer } from './traffic/traffic-player.ts';

/** A running engine, as the demo needs it. `key` is null where none is asked for. */
export type DemoServer = { readonly url: string; readonly key: string | null; stop(): Promise<void> };

/** Starts an engine in demo mode with its data in a folder; port 0 is any free port. */
export type StartServer = (options: { readonly directory: string; readonly port: number }) => Promise<DemoServer>;

const QUIET_DAYS = 10;
const ATTACKED_DAYS = 5;
const CONNECTIONS = 64;
const LOOKAHEAD = 1_000_000;
const DEADLINE_MS = 5_000;
const EXAMPLES = 3;
const START_MS = Date.UTC(2025, 0, 6);

const HELP = `Usage: palisade demo [options]

Starts an engine on a free port with its data in a temporary folder, plays the traffic of a simulated
population with six kinds of attack through its HTTP API, and shows what was caught, missed and wrongly
stopped. Takes about half a minute. Nothing leaves this machine.

  --cards N      cards of honest people (default 400)
  --seconds N    how long the traffic with attacks is played (default 20)
  --seed N       seed of the population (default 7)
  --port N       port of the engine (default 0: any free one)
  --keep         keep serving afterwards, to look around, until Ctrl-C
  --json FILE    write the figures as JSON
  --help         show this text
`;

const OPTIONS = {
  cards: { type: 'string' },
  seconds: { type: 'string' },
  seed: { type: 'string' },
  port: { type: 'string' },
  keep: { type: 'boolean' },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

type DemoOptions = {
  readonly cards: number;
  readonly seconds: number;
  readonly seed: number;
  readonly port: number;
  readonly keep: boolean;
  readonly json: string | undefined;
};

/** What the rules of the ruleset in force mean, by id. Empty where it cannot be read. */
async function readDescriptions({ url, key }: DemoServer): Promise<ReadonlyMap<string, string>> {
  const headers = key === null ? undefined : { authorization: `Bearer ${key}` };
  const response = await fetch(`${url}/v1/ruleset`, headers === undefined ? {} : { headers });
  const report: unknown = await response.json();
  return isEventRecord(report) && typeof report.text === 'string' ? ruleDescriptionsOf(report.text) : new Map();
}

async function learn(traffic: DemoTraffic, sender: RetryingSender, io: CliIo): Promise<void> {
  const bar = new ProgressBar(io.stderr, '  learning');
  const player = new TrafficPlayer({ sender, concurrency: CONNECTIONS, lookahead: CONNECTIONS * 4 });
  const startMs = performance.now();
  for (const item of traffic.quiet) {
    await player.room();
    player.push(item);
    bar.update(player.answered / traffic.quiet.length, player.answered);
  }
  await player.finish();
  bar.finish();
  const seconds = (performance.now() - startMs) / 1000;
  io.stdout.write(`  ${countText(traffic.quiet.length)} events in ${seconds.toFixed(1)} s\n\n`);
}

async function attack(
  traffic: DemoTraffic,
  ratePerS: number,
  sender: RetryingSender,
  keeper: DecisionKeeper,
  io: CliIo,
): Promise<TrafficReport> {
  const bar = new ProgressBar(io.stderr, '  playing');
  let caught = 0;
  const player = new TrafficPlayer({
    sender,
    concurrency: CONNECTIONS * 4,
    lookahead: LOOKAHEAD,
    onDecision: (item, decision) => {
      keeper.offer(item, decision);
      if (item.truth?.fraud === true && decision.outcome !== 'approve') caught++;
    },
  });
  await playSteadily(traffic.attacked, ratePerS, player, (sent) =>
    bar.update(sent / traffic.attacked.length, sent, `${caught} frauds stopped`),
  );
  const report = await player.finish();
  bar.finish();
  return report;
}

function lookFurther(server: DemoServer, keep: boolean): string {
  const now = keep
    ? [
        `  The engine goes on serving at ${server.url} until Ctrl-C. Try:\n`,
        `    the console, in a browser: ${server.url}/  (alerts, why each was stopped, sagas, rules)\n`,
        `    the API, in a browser:     ${server.url}/docs\n`,
        `    the metrics:               ${server.url}/metrics\n`,
      ]
    : ['  npm run demo -- --keep               the same, and then look around in the console, a page for analysts\n'];
  return [
    'Where to look next\n',
    ...now,
    '  npm start                            the engine for real, with its data kept\n',
    '  rulesets/default.yaml                the rules that decided; change one and run the demo again\n',
    '  npm run palisade -- simulate --help  traffic of your own; replay sends it, or your own files\n',
    '  docs/console.md                      what each page of the console is for\n',
    '  docs/cli.md, README.md               all commands, and what is behind them\n',
  ].join('');
}

async function play(server: DemoServer, options: DemoOptions, io: CliIo): Promise<number> {
  const { cards, seed } = options;
  const scale = { quietDays: QUIET_DAYS, attackedDays: ATTACKED_DAYS, startMs: START_MS };
  const traffic = createDemoTraffic({ seed, cards, ...scale });
  const ratePerS = Math.max(1, Math.round(traffic.attacked.length / options.seconds));
  const transport = createHttpTransport({
    url: server.url,
    key: server.key,
    connections: CONNECTIONS,
    deadlineMs: DEADLINE_MS,
  });
  try {
    const sender = new RetryingSender(transport);
    const keeper = new DecisionKeeper();
    io.stdout.write(`1. ${QUIET_DAYS} quiet days: the engine gets to know ${countText(cards)} cards\n`);
    await learn(traffic, sender, io);
    io.stdout.write(
      `2. ${ATTACKED_DAYS} days with six attacks among ${countText(traffic.payments)} payments, ` +
        `played at ${countText(ratePerS)} events a second\n`,
    );
    const report = await attack(traffic, ratePerS, sender, keeper, io);
    io.stdout.write(`\n3. What it did\n${scorecardText(report, ratePerS, keeper.causes)}\n`);
    const descriptions = await readDescriptions(server);
    io.stdout.write('4. Some of the payments it stopped, and why\n');
    for (const { item, decision, kind } of keeper.dearest(EXAMPLES)) {
      io.stdout.write(`${explainDecision(item, decision, descriptions, CAMPAIGN_WORDS[kind].name)}\n`);
    }
    const story = await responseStory(server.url, server.key);
    if (story !== '')
      io.stdout.write(`5. What it did about it, at a card processor and an identity provider in a sandbox\n${story}\n`);
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
    io.stdout.write(lookFurther(server, options.keep));
    return report.refused === 0 ? EXIT_OK : EXIT_FAILED;
  } finally {
    transport.close();
  }
}

/**
 * `palisade demo`: starts an engine, plays simulated traffic and tells what became of it. Answers 1 where the engine
 * refused an event. The engine is stopped and its folder removed in the end, whatever happens.
 */
export async function runDemo(args: readonly string[], io: CliIo, startServer: StartServer): Promise<number> {
  const parsed = readArguments('demo', args, OPTIONS);
  if (flagOption(parsed, 'help')) {
    io.stdout.write(HELP);
    return EXIT_OK;
  }
  requirePositionals('demo', parsed, []);
  const options: DemoOptions = {
    cards: integerOption(parsed, 'cards', { low: 50, high: 100_000, fallback: 400 }),
    seconds: integerOption(parsed, 'seconds', { low: 1, high: 3600, fallback: 20 }),
    seed: integerOption(parsed, 'seed', { low: 0, high: 2 ** 31 - 1, fallback: 7 }),
    port: integerOption(parsed, 'port', { low: 0, high: 65_535, fallback: 0 }),
    keep: flagOption(parsed, 'keep'),
    json: textOption(parsed, 'json', undefined),
  };
  const directory = await mkdtemp(join(tmpdir(), 'palisade-demo-'));
  try {
    const server = await startServer({ directory, port: options.port });
    try {
      io.stdout.write(`Palisade demo: an engine at ${server.url}, its data in ${directory}\n\n`);
      const stopped = io.interrupted().then(() => EXIT_FAILED);
      const playing = play(server, options, io);
      // Once stopped, the rest of the play meets a server that is gone; nobody waits for it any more.
      playing.catch(() => undefined);
      const code = await Promise.race([playing, stopped]);
      if (options.keep) await stopped;
      return code;
    } finally {
      await server.stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
