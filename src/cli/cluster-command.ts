import process from 'node:process';
import { createApiClient } from './api-client.ts';
import { flagOption, readArguments, requirePositionals, textOption } from './arguments.ts';
import { type CliIo, EXIT_OK } from './command.ts';
import { type Column, formatTable } from './table.ts';
import { isEventRecord } from './traffic/traffic-item.ts';

const HELP = `Show the cluster of a running engine: its members, their shards, and how far each is behind the others.

Usage: palisade cluster [options]

  --url URL    the engine (default: http://127.0.0.1:8080)
  --key KEY    API key with the scope "read" (default: the variable PALISADE_KEY)
  --json       print the answer as JSON
  --help       this text
`;

const OPTIONS = {
  url: { type: 'string' },
  key: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const COLUMNS: readonly Column[] = [
  { title: 'node', align: 'left' },
  { title: 'url', align: 'left' },
  { title: 'shards', align: 'right' },
  { title: 'actors', align: 'right' },
  { title: 'position', align: 'right' },
  { title: 'behind', align: 'right' },
  { title: 'does for all', align: 'left' },
  { title: 'state', align: 'left' },
];

/** `palisade cluster`. */
export async function runCluster(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('cluster', args, OPTIONS);
  if (flagOption(parsed, 'help')) {
    io.stdout.write(HELP);
    return EXIT_OK;
  }
  requirePositionals('cluster', parsed, []);
  const url = textOption(parsed, 'url', 'http://127.0.0.1:8080');
  const key = textOption(parsed, 'key', process.env.PALISADE_KEY) ?? null;
  const report = await createApiClient(url, key).call('GET', '/v1/cluster');
  io.stdout.write(flagOption(parsed, 'json') ? `${JSON.stringify(report)}\n` : shown(report));
  return EXIT_OK;
}

type Fields = Readonly<Record<string, unknown>>;

function recordsOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isEventRecord) : [];
}

function shown({ members, owners, topics, trouble, calls }: Fields): string {
  const rows = recordsOf(members).map((member) => {
    const state = isEventRecord(member.state) ? member.state : null;
    const shards = Array.isArray(member.shards) ? member.shards.length : 0;
    const numbers = [shards, state?.residentActors, state?.headPosition, member.lag].map((value) => `${value ?? '?'}`);
    return [`${member.name}`, `${member.url}`, ...numbers, heldBy(state), stateOf(member)];
  });
  const unowned = Array.isArray(owners) ? owners.filter((owner) => owner === null).length : 0;
  const ways = isEventRecord(calls) ? Object.entries(calls).map(([way, count]) => `${count} ${way}`) : [];
  const lines = [
    ...recordsOf(topics).map(({ topic, messages }) => `  ${topic}: ${messages} messages wait`),
    `  calls of this node: ${ways.join(', ')}`,
    ...(unowned === 0 ? [] : [`  ${unowned} shards have no owner: any node answers for their cards`]),
    ...(trouble === '' ? [] : [`  nothing new is known of the others: ${trouble}`]),
  ];
  return `${formatTable(COLUMNS, rows)}\n${lines.join('\n')}\n`;
}

function heldBy(state: Fields | null): string {
  return Array.isArray(state?.held) ? state.held.join(', ') : '';
}

function stateOf({ isSelf, state, isTrusted }: Fields): string {
  if (isSelf === true) return 'this node';
  if (!isEventRecord(state)) return 'does not answer';
  return isTrusted === true ? 'answers' : 'left alone for now';
}
