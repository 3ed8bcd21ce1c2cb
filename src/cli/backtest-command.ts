import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openSqliteEventLog } from '../adapters/sqlite/mod.ts';
import type { BacktestGroup, BacktestResult } from '../domain/backtest-result.ts';
import { shownPlace } from '../domain/errors.ts';
import { parseRuleset } from '../rules/mod.ts';
import { Backtest } from '../runtime/lab/backtest.ts';
import { flagOption, readArguments, requirePositionals, textOption } from './arguments.ts';
import { type CliIo, EXIT_FAILED, EXIT_OK } from './command.ts';
import { ACTOR_DEFINITIONS } from './entity-actors.ts';
import { readInputFile } from './input-file.ts';
import { countText } from './number-words.ts';
import { ProgressBar } from './progress-bar.ts';
import { type Column, formatTable } from './table.ts';

const HELP = `Run a draft ruleset over the history of a log, and tell what it would have decided otherwise.

Usage: palisade backtest FILE [options]

FILE is the draft. Every record of the log passes through actors of their own, by the same code that decides for
callers; nothing is written. Labels in the log tell fraud from good customers. The same log and draft give the same
hash.

  --data DIR    folder of the event log (default: data); no server may have it open
  --json FILE   write the whole result as JSON
  --help        this text

Exit codes: 0 done, 1 the draft is not valid or the log cannot be read, 2 the command line is not understood.
`;

const PAGE_RECORDS = 1000;
const RULES_SHOWN = 20;

/** `palisade backtest`: a draft over the history of a stopped engine. */
export async function runBacktest(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('backtest', args, {
    data: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (flagOption(parsed, 'help')) {
    io.stdout.write(HELP);
    return EXIT_OK;
  }
  requirePositionals('backtest', parsed, ['FILE']);
  const [path = ''] = parsed.positionals;
  const draft = parseRuleset(await readInputFile(path, 'ruleset'));
  if (!draft.ok) {
    for (const problem of draft.problems) io.stderr.write(`${path}:${shownPlace(problem)} ${problem.message}\n`);
    return EXIT_FAILED;
  }
  const log = await openSqliteEventLog({ directory: resolve(textOption(parsed, 'data', 'data')) });
  try {
    const backtest = new Backtest(draft.ruleset, ACTOR_DEFINITIONS);
    const bar = new ProgressBar(io.stderr, 'backtest');
    const { headPosition } = log.statistics();
    let position = 0;
    let page = log.readAll(position, PAGE_RECORDS);
    for (let records = await page; records.length > 0; records = await page) {
      position = records.at(-1)?.position ?? position;
      // The log reads the next page on its own thread while this one is decided.
      page = log.readAll(position, PAGE_RECORDS);
      for (const record of records) backtest.take(record);
      bar.update(position / Math.max(1, headPosition), position);
    }
    bar.finish();
    const result = backtest.result();
    io.stdout.write(reportOf(result));
    const json = textOption(parsed, 'json', '');
    if (json !== '') await writeFile(json, `${JSON.stringify(result, null, 2)}\n`);
    return EXIT_OK;
  } finally {
    await log.close();
  }
}

function reportOf({ draftVersion, records, total, outcomes, rules, segments, hash }: BacktestResult): string {
  const outcomeRows = Object.entries(outcomes).map(([name, { before, after }]) => [
    name,
    countText(before),
    countText(after),
  ]);
  const ruleRows = rules
    .filter(({ hits, shadowHits }) => hits + shadowHits > 0)
    .sort((left, right) => right.hits - left.hits || right.shadowHits - left.shadowHits)
    .slice(0, RULES_SHOWN)
    .map((rule) => [
      rule.ruleId,
      ...[rule.hits, rule.soleHits, rule.shadowHits, rule.fraudHits, rule.legitimateHits].map(countText),
    ]);
  const segmentRows = Object.entries(segments)
    .filter(([, { flipped }]) => flipped > 0)
    .map(([name, group]) => [name, ...groupCells(group)]);
  return [
    `Draft ${draftVersion} over ${countText(records)} records, ${countText(total.decisions)} decisions`,
    '',
    formatTable(columns('outcome', 'before', 'draft'), outcomeRows),
    '',
    formatTable(columns('segment', ...GROUP_TITLES), [['all', ...groupCells(total)], ...segmentRows]),
    '',
    formatTable(columns('rule', 'hits', 'alone', 'shadow', 'fraud', 'legitimate'), ruleRows),
    '',
    `Result hash: ${hash}`,
    '',
  ].join('\n');
}

const GROUP_TITLES = ['flipped', 'stricter', 'milder', 'saved', 'lost', 'good hurt', 'unlabelled hurt'];

function groupCells(group: BacktestGroup): string[] {
  const { flipped, stricter, milder, amountSaved, amountLost, goodHurt, unlabelledHurt } = group;
  return [flipped, stricter, milder, Math.round(amountSaved), Math.round(amountLost), goodHurt, unlabelledHurt].map(
    countText,
  );
}

function columns(first: string, ...others: string[]): Column[] {
  return [{ title: first, align: 'left' }, ...others.map((title): Column => ({ title, align: 'right' }))];
}
