import { API_HELP, API_OPTIONS, clientOf, printHelp, printJson } from './api-options.ts';
import {
  flagOption,
  integerOption,
  type ParsedArguments,
  readArguments,
  requirePositionals,
  textOption,
} from './arguments.ts';
import { type CliIo, EXIT_OK } from './command.ts';
import { type Column, formatTable } from './table.ts';
import { isEventRecord } from './traffic/traffic-item.ts';

/** Reason codes that are shown of one step. */
const REASONS_SHOWN = 2;

const LIST_HELP = `List the sagas of a running engine, the longest open first.

Usage: palisade sagas list [options]

  --kind KIND    only this kind, as freeze-card
  --state STATE  only in this state
  --id ID        only about this card, account ...
  --all          those at their end too
  --older SECS   only those opened at least so many seconds ago
  --limit N      at most so many (default: 100)
${API_HELP}`;
const SHOW_HELP = `Show one saga: its state, its effects, its history and its machine.

Usage: palisade sagas show KIND ID [options]

${API_HELP}`;
const RETRY_HELP = `Send at once what a saga waits to send, and let an endpoint that was given up be used again.

Usage: palisade sagas retry KIND ID [options]

${API_HELP}`;

const LIST_COLUMNS: readonly Column[] = [
  { title: 'kind', align: 'left' },
  { title: 'id', align: 'left' },
  { title: 'state', align: 'left' },
  { title: 'opened', align: 'left' },
  { title: 'asked', align: 'right' },
  { title: 'attempts', align: 'right' },
  { title: 'waits for', align: 'left' },
];

/** `palisade sagas list`. */
export async function runSagasList(args: readonly string[], io: CliIo): Promise<number> {
  const options = {
    ...API_OPTIONS,
    kind: { type: 'string' },
    state: { type: 'string' },
    id: { type: 'string' },
    older: { type: 'string' },
    limit: { type: 'string' },
    all: { type: 'boolean' },
  } as const;
  const parsed = readArguments('sagas list', args, options);
  if (flagOption(parsed, 'help')) return printHelp(io, LIST_HELP);
  requirePositionals('sagas list', parsed, []);
  const query = new URLSearchParams();
  for (const name of ['kind', 'state', 'id']) {
    const value = textOption(parsed, name, '');
    if (value !== '') query.set(name, value);
  }
  if (!flagOption(parsed, 'all')) query.set('open', 'true');
  const older = integerOption(parsed, 'older', { low: 0, high: 1e9, fallback: 0 });
  if (older > 0) query.set('olderThanS', String(older));
  query.set('limit', String(integerOption(parsed, 'limit', { low: 1, high: 1000, fallback: 100 })));
  const answer = await clientOf(parsed).call('GET', `/v1/sagas?${query}`);
  if (flagOption(parsed, 'json')) return printJson(io, answer);
  const rows = (Array.isArray(answer.sagas) ? answer.sagas : []).filter(isEventRecord);
  io.stdout.write(formatTable(LIST_COLUMNS, rows.map(listRow)));
  io.stdout.write(`${rows.length} of ${String(answer.total)}\n`);
  return EXIT_OK;
}

function listRow(saga: Readonly<Record<string, unknown>>): string[] {
  const waiting = (Array.isArray(saga.waiting) ? saga.waiting : []).filter(isEventRecord);
  const mark = saga.isEscalated === true ? ' (escalated)' : '';
  return [
    String(saga.kind),
    String(saga.id),
    `${String(saga.state)}${mark}`,
    String(saga.openedAt),
    String(saga.triggerCount),
    String(saga.attempts),
    waiting.map(({ step, endpoint }) => `${String(step)} at ${String(endpoint)}`).join(', '),
  ];
}

/** `palisade sagas show`. */
export async function runSagasShow(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('sagas show', args, API_OPTIONS);
  if (flagOption(parsed, 'help')) return printHelp(io, SHOW_HELP);
  requirePositionals('sagas show', parsed, ['KIND', 'ID']);
  const answer = await clientOf(parsed).call('GET', pathOf(parsed));
  if (flagOption(parsed, 'json')) return printJson(io, answer);
  const saga = isEventRecord(answer.saga) ? answer.saga : {};
  io.stdout.write(`${listRow(saga).slice(0, 3).join('  ')}\n\n${historyText(answer)}\n${String(answer.diagram)}`);
  return EXIT_OK;
}

/** The steps of a saga, each with the time since the first. */
export function historyText(answer: Readonly<Record<string, unknown>>): string {
  const steps = (Array.isArray(answer.history) ? answer.history : []).filter(isEventRecord);
  const startMs = Date.parse(String(steps[0]?.at));
  const columns: readonly Column[] = [
    { title: 'after', align: 'right' },
    { title: 'what came', align: 'left' },
    { title: 'state', align: 'left' },
    { title: 'asked for', align: 'left' },
  ];
  const rows = steps.map((step) => [
    `${Date.parse(String(step.at)) - startMs} ms`,
    stimulusText(isEventRecord(step.stimulus) ? step.stimulus : {}),
    String(step.status),
    Array.isArray(step.requested) ? step.requested.join(', ') : '',
  ]);
  return formatTable(columns, rows);
}

function stimulusText(stimulus: Readonly<Record<string, unknown>>): string {
  switch (stimulus.type) {
    case 'trigger': {
      const cause = isEventRecord(stimulus.cause) ? stimulus.cause : {};
      const all = Array.isArray(cause.reasons) ? cause.reasons.map(String) : [];
      const more = all.length > REASONS_SHOWN ? ` and ${all.length - REASONS_SHOWN} more` : '';
      const reasons = all.slice(0, REASONS_SHOWN).join(', ') + more;
      return `asked for by ${String(cause.source)}${reasons === '' ? '' : ` (${reasons})`}`;
    }
    case 'attempt': {
      const code = stimulus.code === 0 ? '' : ` ${String(stimulus.code)}`;
      const ms = Number(stimulus.latencyMs).toFixed(1);
      return `${String(stimulus.step)}: ${String(stimulus.outcome)}${code} in ${ms} ms`;
    }
    case 'confirmation':
      return `${String(stimulus.step)}: confirmed by ${String(stimulus.endpoint)}`;
    case 'timer':
      return `deadline ${String(stimulus.name)}`;
    case 'command':
      return `${String(stimulus.command)} by ${String(stimulus.by)}`;
    default:
      return String(stimulus.type);
  }
}

/** `palisade sagas retry`. */
export async function runSagasRetry(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('sagas retry', args, API_OPTIONS);
  if (flagOption(parsed, 'help')) return printHelp(io, RETRY_HELP);
  requirePositionals('sagas retry', parsed, ['KIND', 'ID']);
  const answer = await clientOf(parsed).call('POST', `${pathOf(parsed)}/retry`, { by: 'command-line' });
  if (flagOption(parsed, 'json')) return printJson(io, answer);
  io.stdout.write(`${listRow(answer).join('  ')}\n`);
  return EXIT_OK;
}

function pathOf({ positionals }: ParsedArguments): string {
  const [kind = '', id = ''] = positionals.map(encodeURIComponent);
  return `/v1/sagas/${kind}/${id}`;
}
