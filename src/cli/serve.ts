import { resolve } from 'node:path';
import { createJsonLogger } from '../adapters/system/json-logger.ts';
import { createSystemClock } from '../adapters/system/system-clock.ts';
import {
  flagOption,
  integerOption,
  type ParsedArguments,
  readArguments,
  requirePositionals,
  textOption,
} from './arguments.ts';
import type { ClusterSettings } from './cluster-service.ts';
import { type CliIo, EXIT_FAILED, EXIT_OK, UsageError } from './command.ts';
import { DEFAULT_ENGINE_SETTINGS, DEFAULT_RULESET_FILE, type RunningServer, startServer } from './engine-server.ts';
import { readInputFile } from './input-file.ts';
import { readKafkaAddress } from './kafka-address.ts';
import { KafkaService, type KafkaSettings } from './kafka-service.ts';
import { type LogAddress, withoutCredentials } from './open-log.ts';
import { readResponseFile } from './response-file.ts';
import { watchResponses } from './response-watch.ts';
import { watchRuleset } from './ruleset-watch.ts';
import { loadServeKeys } from './serve-keys.ts';

const HELP = `Start the engine and its HTTP API.

Usage: palisade serve [options]

  --data DIR            folder of the event log, of the keys and of the tables (default: data)
  --log ADDRESS         keep the event log on EventStoreDB or KurrentDB: esdb://user:password@host:2113?tls=true
                        (default: the variable PALISADE_LOG, or else in the folder)
  --log-days NUMBER     days that the server keeps a record (default: as it was told before, at first for ever)
  --kafka ADDRESS       read events from the topics palisade.transactions, .logins, .signals and .labels, and publish to
                        .decisions, .alerts, .late and .dead-letters: host:port by comma, or
                        kafka://user:password@host:port,host:port?tls=true&sasl=scram-sha-512
                        (default: the variable PALISADE_KAFKA, or else no Kafka)
  --kafka-prefix NAME   first part of the names of the topics, and the consumer group (default: palisade)
  --no-publish          never publish from here: another engine on the same log does, or another node of the cluster
  --schema-registry URL read messages in Avro or JSON Schema by the schemas of this registry, as
                        http://user:password@host:8081 (default: the variable PALISADE_SCHEMA_REGISTRY, or else none)
  --cluster             be a node of the cluster of all that have these --log and --kafka: each card has an owner
                        among them, found by the brokers, and any node answers for any card
                        (PALISADE_PEER_KEY: key with the scope "authorize" for what a node hands to another by itself)
  --node NAME           name of this node, for operators (default: host and port)
  --advertise URL       address at which the other nodes reach this one (default: host and port)
  --host ADDRESS        address to listen on (default: 127.0.0.1)
  --port NUMBER         port to listen on, 0 for any free one (default: 8080)
  --ruleset FILE        ruleset to run; the file is watched, and a valid change is published at once
                        (default: the ruleset published last, or else the one that ships with Palisade)
  --keys FILE           API keys, made with "palisade keys create" (default: keys.json in the data folder)
  --responses FILE      what rules set off: endpoints, responses, alert routes; watched as the ruleset is; without it no
                        saga runs; in a cluster give it to every node: one of them runs the sagas
  --open                let every call in without a key; for a laptop, or behind a gateway that checks
  --resident NUMBER     actors kept in memory (default: ${DEFAULT_ENGINE_SETTINGS.residentMax})
  --help                this text

Ctrl-C or SIGTERM answers what is under way, then ends. Exit codes: 0 ended, 1 failed (the event log above all),
2 the command line is not understood.
`;

const OPTIONS = {
  data: { type: 'string' },
  log: { type: 'string' },
  'log-days': { type: 'string' },
  kafka: { type: 'string' },
  'kafka-prefix': { type: 'string' },
  'no-publish': { type: 'boolean' },
  'schema-registry': { type: 'string' },
  cluster: { type: 'boolean' },
  node: { type: 'string' },
  advertise: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  ruleset: { type: 'string' },
  keys: { type: 'string' },
  responses: { type: 'string' },
  open: { type: 'boolean' },
  resident: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** How long an orderly shutdown may take after the log has failed: more than the grace in which balancers notice. */
const FAILURE_GRACE_MS = 5_000;

/** `palisade serve`: runs until it is asked to stop, or until the event log fails. */
export async function runServe(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('serve', args, OPTIONS);
  if (flagOption(parsed, 'help')) {
    io.stdout.write(HELP);
    return EXIT_OK;
  }
  requirePositionals('serve', parsed, []);
  const directory = resolve(textOption(parsed, 'data', 'data'));
  const open = flagOption(parsed, 'open');
  const keyFile = textOption(parsed, 'keys', undefined) ?? null;
  if (open && keyFile !== null) throw new UsageError('Cannot use --keys and --open together: give one of them.');
  const responseFile = textOption(parsed, 'responses', undefined) ?? null;
  const rulesetFile = textOption(parsed, 'ruleset', undefined) ?? null;
  // Whoever reads the log may go away: that is no reason to stop deciding about payments.
  for (const stream of [io.stdout, io.stderr]) stream.on('error', () => {});
  const logger = createJsonLogger((line) => io.stderr.write(line));
  const log = logOption(parsed);
  const kafkaSettings = await kafkaOption(parsed);
  const cluster = clusterOption(parsed, kafkaSettings, log);
  const kafka = kafkaSettings === null ? null : new KafkaService(kafkaSettings, createSystemClock(), logger);
  const server = await startServer({
    directory,
    log,
    cluster,
    ...(kafka === null ? {} : { kafka }),
    host: textOption(parsed, 'host', '127.0.0.1'),
    port: integerOption(parsed, 'port', { low: 0, high: 65_535, fallback: 8080 }),
    rulesetText: rulesetFile === null ? null : await readInputFile(rulesetFile, 'ruleset'),
    responses: responseFile === null ? null : (await readResponseFile(responseFile)).file,
    fallbackRulesetText: await readInputFile(DEFAULT_RULESET_FILE, 'default ruleset'),
    keys: async () => (open ? null : await loadServeKeys(keyFile, directory, io)),
    engine: {
      ...DEFAULT_ENGINE_SETTINGS,
      residentMax: integerOption(parsed, 'resident', {
        low: 64,
        high: 50_000_000,
        fallback: DEFAULT_ENGINE_SETTINGS.residentMax,
      }),
    },
    logger,
  });
  // Before anybody is told that it answers: from then on a request to stop must not lose one to decide.
  const interrupted = io.interrupted();
  const watches = [
    ...(rulesetFile === null ? [] : [watchRuleset(resolve(rulesetFile), server.engine, logger)]),
    ...(responseFile === null || server.installResponses === null
      ? []
      : [watchResponses(resolve(responseFile), server.installResponses, logger)]),
  ];
  const { name, version } = server.engine.ruleset();
  const place = log === null ? `in ${directory}` : `at ${withoutCredentials(log.connectionString)}`;
  io.loaded?.();
  io.stdout.write(`Palisade answers at ${server.url} (API and try-out page: ${server.url}/docs)\n`);
  io.stdout.write(`Ruleset ${name}, version ${version}. Event log ${place}.${open ? ' No key is asked for.' : ''}\n`);
  try {
    return await runUntilEnd(server, interrupted, io);
  } finally {
    for (const unwatch of watches) unwatch();
  }
}

/** Names that Kafka allows for a topic. */
const PREFIX = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$/;

/** Kafka as the command line has it; null without an address. */
async function kafkaOption(parsed: ParsedArguments): Promise<KafkaSettings | null> {
  const address = textOption(parsed, 'kafka', process.env.PALISADE_KAFKA) ?? '';
  const registryUrl = textOption(parsed, 'schema-registry', process.env.PALISADE_SCHEMA_REGISTRY) ?? '';
  const prefix = textOption(parsed, 'kafka-prefix', 'palisade');
  if (!PREFIX.test(prefix)) {
    throw new UsageError(`Cannot use --kafka-prefix ${prefix}: it is up to 100 letters, digits, dots, hyphens and _.`);
  }
  if (address === '') {
    const isAsked = ['schema-registry', 'kafka-prefix'].some(
      (name) => textOption(parsed, name, undefined) !== undefined,
    );
    if (!isAsked && !flagOption(parsed, 'no-publish')) return null;
    throw new UsageError('Cannot use --schema-registry, --kafka-prefix or --no-publish without --kafka.');
  }
  return {
    kafka: await readKafkaAddress(address),
    prefix,
    registryUrl: registryUrl === '' ? null : registryUrl,
    publishes: !flagOption(parsed, 'no-publish'),
  };
}

function logOption(parsed: ParsedArguments): LogAddress | null {
  const address = textOption(parsed, 'log', process.env.PALISADE_LOG) ?? '';
  const days = integerOption(parsed, 'log-days', { low: 0, high: 36_500, fallback: 0 });
  if (address !== '') return { connectionString: address, maxAgeDays: days === 0 ? null : days };
  if (days > 0) throw new UsageError('Cannot use --log-days without --log: the log of a folder keeps every record.');
  return null;
}

function clusterOption(
  parsed: ParsedArguments,
  kafka: KafkaSettings | null,
  log: LogAddress | null,
): ClusterSettings | null {
  const name = textOption(parsed, 'node', undefined) ?? null;
  const advertisedUrl = textOption(parsed, 'advertise', undefined) ?? null;
  if (flagOption(parsed, 'cluster')) {
    if (log === null) throw new UsageError('Cannot use --cluster without --log: the nodes share one event log.');
    if (kafka === null) {
      throw new UsageError('Cannot use --cluster without --kafka: the brokers tell the nodes of each other.');
    }
    return { kafka, name, advertisedUrl, peerKey: process.env.PALISADE_PEER_KEY || null };
  }
  if (name === null && advertisedUrl === null) return null;
  throw new UsageError('Cannot use --node or --advertise without --cluster: add it, or leave them out.');
}

async function runUntilEnd(server: RunningServer, interrupted: Promise<void>, io: CliIo): Promise<number> {
  const failure = await Promise.race([interrupted.then(() => null), server.failed]);
  if (failure === null) {
    io.stdout.write('Shutting down: what is under way is answered first.\n');
    await server.stop();
    return EXIT_OK;
  }
  io.stderr.write(`${failure.message}\n`);
  // The answers to what was under way still go out; the log itself is left as it is.
  await Promise.race([server.stop().catch(() => {}), new Promise((done) => setTimeout(done, FAILURE_GRACE_MS))]);
  return EXIT_FAILED;
}
