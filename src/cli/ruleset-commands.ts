import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from './api-client.ts';
import { API_HELP, API_OPTIONS, clientOf, printHelp, printJson } from './api-options.ts';
import { flagOption, type ParsedArguments, readArguments, requirePositionals, textOption } from './arguments.ts';
import { type CliIo, EXIT_FAILED, EXIT_OK } from './command.ts';
import { readInputFile } from './input-file.ts';
import { ProgressBar } from './progress-bar.ts';
import { type Column, formatTable } from './table.ts';
import { isEventRecord } from './traffic/traffic-item.ts';

type Answer = Readonly<Record<string, unknown>>;

const LOOK_MS = 250;
const NOTE_HELP = '  --note TEXT  why, for those who come after\n';
const OPTIONS = { ...API_OPTIONS, note: { type: 'string' } } as const;

const LIST_HELP = `List drafts of rulesets, and every ruleset that was in force.

Usage: palisade rulesets list [options]

${API_HELP}`;
const SHOW_HELP = `Show a draft with its history and what it was tried on, or print the text of a version.

Usage: palisade rulesets show DRAFT|VERSION [options]

${API_HELP}`;
const SAVE_HELP = `Make a draft from a file, or give it another text.

Usage: palisade rulesets save DRAFT FILE [options]

${NOTE_HELP}${API_HELP}`;
const STEPS = {
  delete: 'Delete a draft. What was published from it stays in force.',
  shadow: 'Let a draft decide beside the live traffic, without acting on anything.',
  unshadow: 'End the shadow of a draft, and keep what it came to.',
  approve: 'Approve a draft, with another key than those that wrote it.',
  publish: 'Put an approved draft into force.',
  rollback: 'Put an earlier version into force again.',
} as const;
type Step = keyof typeof STEPS;
const BACKTEST_HELP = `Try a draft over the whole log of a running engine, and tell what it would decide otherwise.

Usage: palisade rulesets backtest DRAFT [options]

Without an engine: palisade backtest FILE.

${API_HELP}`;

/** `palisade rulesets list`. */
export async function runRulesetsList(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('rulesets list', args, API_OPTIONS);
  if (flagOption(parsed, 'help')) return printHelp(io, LIST_HELP);
  requirePositionals('rulesets list', parsed, []);
  const shelf = await clientOf(parsed).call('GET', '/v1/rulesets');
  if (flagOption(parsed, 'json')) return printJson(io, shelf);
  const drafts = recordsOf(shelf.drafts).map((draft) => [
    String(draft.draftId),
    stageOf(draft),
    listText(draft.authors),
    String(draft.changedAt),
    String(draft.version),
  ]);
  const publications = recordsOf(shelf.publications).map((each) => [
    `${String(each.version)}${each.version === shelf.inForce ? ' *' : ''}`,
    String(each.publishedAt),
    each.source === null ? '' : String(each.source),
    String(each.by),
    each.approvedBy === null ? '' : String(each.approvedBy),
    each.draftId === null ? '' : String(each.draftId),
  ]);
  io.stdout.write(`Drafts\n${formatTable(columns('draft', 'stage', 'written by', 'changed', 'version'), drafts)}\n`);
  const titles = columns('version', 'published', 'from', 'by', 'approved by', 'draft');
  io.stdout.write(`Published (* in force)\n${formatTable(titles, publications)}`);
  return EXIT_OK;
}

/** `palisade rulesets show`. */
export async function runRulesetsShow(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('rulesets show', args, API_OPTIONS);
  if (flagOption(parsed, 'help')) return printHelp(io, SHOW_HELP);
  requirePositionals('rulesets show', parsed, ['DRAFT']);
  const answer = await clientOf(parsed).call('GET', pathOf(parsed));
  if (flagOption(parsed, 'json')) return printJson(io, answer);
  if (!isEventRecord(answer.row)) {
    io.stdout.write(String(answer.text));
    return EXIT_OK;
  }
  const { row } = answer;
  const history = recordsOf(answer.history).map(({ at, action, by, version, note }) =>
    [at, action, by, version, note].map(String),
  );
  io.stdout.write(`${String(row.draftId)}  ${stageOf(row)}  ${String(row.version)}\n\n`);
  io.stdout.write(formatTable(columns('when', 'what', 'who', 'version', 'note'), history));
  for (const problem of recordsOf(answer.problems)) io.stdout.write(`${problemText(problem)}\n`);
  for (const name of ['backtest', 'shadow']) {
    const run = answer[name];
    if (isEventRecord(run)) io.stdout.write(`\n${name} ${runText(run)}`);
  }
  return EXIT_OK;
}

/** `palisade rulesets save`. */
export async function runRulesetsSave(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('rulesets save', args, OPTIONS);
  if (flagOption(parsed, 'help')) return printHelp(io, SAVE_HELP);
  requirePositionals('rulesets save', parsed, ['DRAFT', 'FILE']);
  const text = await readInputFile(parsed.positionals[1] ?? '', 'ruleset');
  const answer = await clientOf(parsed).call('PUT', `${pathOf(parsed)}${noteOf(parsed)}`, text);
  if (flagOption(parsed, 'json')) return printJson(io, answer);
  const problems = recordsOf(answer.problems);
  for (const problem of problems) io.stderr.write(`${problemText(problem)}\n`);
  io.stdout.write(`Saved ${String(parsed.positionals[0])}, ${problems.length} problem(s)\n`);
  return problems.length === 0 ? EXIT_OK : EXIT_FAILED;
}

/** `palisade rulesets backtest`: until its end. */
export async function runRulesetsBacktest(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('rulesets backtest', args, API_OPTIONS);
  if (flagOption(parsed, 'help')) return printHelp(io, BACKTEST_HELP);
  requirePositionals('rulesets backtest', parsed, ['DRAFT']);
  const client = clientOf(parsed);
  const bar = new ProgressBar(io.stderr, 'backtest');
  let run = runOf(await client.call('POST', `${pathOf(parsed)}/backtest`));
  while (run.state === 'running') {
    bar.update(Number(run.position) / Math.max(1, Number(run.endPosition)), Number(run.position));
    await sleep(LOOK_MS);
    run = runOf(await client.call('GET', pathOf(parsed)));
  }
  bar.finish();
  if (flagOption(parsed, 'json')) printJson(io, run);
  else io.stdout.write(runText(run));
  return run.state === 'done' ? EXIT_OK : EXIT_FAILED;
}

/** The commands that take one step with a draft or a version. */
export function rulesetStepCommand(step: Step): (args: readonly string[], io: CliIo) => Promise<number> {
  return async (args, io) => {
    const name = `rulesets ${step}`;
    const what = step === 'rollback' ? 'VERSION' : 'DRAFT';
    const parsed = readArguments(name, args, OPTIONS);
    if (flagOption(parsed, 'help')) {
      return printHelp(io, `${STEPS[step]}\n\nUsage: palisade ${name} ${what} [options]\n\n${NOTE_HELP}${API_HELP}`);
    }
    requirePositionals(name, parsed, [what]);
    const answer = await take(clientOf(parsed), step, parsed);
    if (flagOption(parsed, 'json')) return printJson(io, answer);
    const version = isEventRecord(answer.row) ? answer.row.version : (answer.version ?? '');
    io.stdout.write(`${step} ${String(parsed.positionals[0])} done${version === '' ? '' : `: ${String(version)}`}\n`);
    return EXIT_OK;
  };
}

function take(client: ApiClient, step: Step, parsed: ParsedArguments): Promise<Answer> {
  const path = pathOf(parsed);
  const note = noteOf(parsed);
  if (step === 'delete') return client.call('DELETE', `${path}${note}`);
  if (step === 'unshadow') return client.call('DELETE', `${path}/shadow${note}`);
  return client.call('POST', `${path}/${step}${note}`);
}

function pathOf({ positionals }: ParsedArguments): string {
  return `/v1/rulesets/${encodeURIComponent(positionals[0] ?? '')}`;
}

function noteOf(parsed: ParsedArguments): string {
  const note = textOption(parsed, 'note', '');
  return note === '' ? '' : `?${new URLSearchParams({ note })}`;
}

function recordsOf(value: unknown): readonly Answer[] {
  return (Array.isArray(value) ? value : []).filter(isEventRecord);
}

function runOf(detail: Answer): Answer {
  return isEventRecord(detail.backtest) ? detail.backtest : { state: 'failed', message: 'it was cancelled' };
}

function listText(value: unknown): string {
  return (Array.isArray(value) ? value : []).join(', ');
}

function columns(...titles: string[]): Column[] {
  return titles.map((title): Column => ({ title, align: 'left' }));
}

/** How far a draft is on its way. */
function stageOf(draft: Answer): string {
  if (Number(draft.problemCount) > 0) return `${String(draft.problemCount)} problem(s)`;
  if (draft.isInForce === true) return 'in force';
  const stages = [
    draft.publishedAt === null ? '' : 'published before',
    draft.approvedBy === null ? '' : `approved by ${String(draft.approvedBy)}`,
    draft.isInShadow === true ? 'in the shadow' : '',
  ].filter((stage) => stage !== '');
  return stages.length === 0 ? 'draft' : stages.join(', ');
}

function problemText({ line, column, field, message }: Answer): string {
  return `${String(line)}:${String(column)} ${String(field)} ${String(message)}`;
}

/** What a run has come to, in a few lines. */
function runText(run: Answer): string {
  const reach = `at ${String(run.position)} of ${String(run.endPosition)}`;
  const message = run.message === undefined || run.message === '' ? '' : `: ${String(run.message)}`;
  if (!isEventRecord(run.result) || !isEventRecord(run.result.total))
    return `${String(run.state)} ${reach}${message}\n`;
  const figures = Object.entries(run.result.total).map(([name, value]) => [name, String(value)]);
  const table = formatTable([...columns('over all'), { title: '', align: 'right' }], figures);
  return `${reach}\n${table}Result hash: ${String(run.result.hash)}\n`;
}
