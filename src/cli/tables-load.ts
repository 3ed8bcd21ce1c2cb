import { epochMsOf } from '../codec/mod.ts';
import type { TableRow } from '../domain/events.ts';
import { BATCH_LINES_MAX } from '../domain/limits.ts';
import type { TableReport } from '../ports/engine.ts';
import {
  flagOption,
  integerOption,
  type ParsedArguments,
  readArguments,
  requirePositionals,
  textOption,
} from './arguments.ts';
import { type CliIo, EXIT_FAILED, EXIT_OK, UsageError } from './command.ts';
import { ProgressBar } from './progress-bar.ts';
import { openInput } from './replay/input-bytes.ts';
import { RetryingSender } from './retrying-sender.ts';
import { type RowMapping, readRowEvents } from './tables/row-events.ts';
import { RowSender } from './tables/row-sender.ts';
import { CLIENT_OPTIONS, clientOptionsHelp, connect, readTables } from './tables/table-client.ts';

const HELP = `Usage: palisade tables load NAME FILE [options]

Loads the rows of a file into a table of a running engine. FILE is CSV with a heading (*.csv), or NDJSON with one
object a line, gzipped or not; - is NDJSON on standard input. Columns that the table has not are left out; an empty
cell is an absent value. The same file with the same --as-of is recorded once, however often it is loaded.

  --key-column NAME  column with the key (default key)
  --as-of TIME       from when on the rows hold, RFC 3339 or a date (default: now)
  --time-column NAME column with that time, where each row has its own
  --remove           remove the keys of the file in place of setting their rows
  --batch N          rows sent at a time (default 1000, at most ${BATCH_LINES_MAX})
${clientOptionsHelp('scopes read and events')}`;

const OPTIONS = {
  ...CLIENT_OPTIONS,
  'key-column': { type: 'string' },
  'as-of': { type: 'string' },
  'time-column': { type: 'string' },
  remove: { type: 'boolean' },
  batch: { type: 'string' },
} as const;

function asOfOption(parsed: ParsedArguments): string {
  const text = textOption(parsed, 'as-of', undefined);
  if (text === undefined) return new Date(Date.now()).toISOString();
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
  if (epochMsOf(time) >= 0) return time;
  throw new UsageError(`Cannot use --as-of as it is no RFC 3339 time since 1970: ${text}. Correct it.`);
}

function mappingOf(parsed: ParsedArguments, path: string, table: TableReport): RowMapping {
  const timeColumn = textOption(parsed, 'time-column', undefined) ?? null;
  if (timeColumn !== null && textOption(parsed, 'as-of', undefined) !== undefined) {
    throw new UsageError('Cannot use --as-of and --time-column together: give one of them.');
  }
  return {
    path,
    table,
    keyColumn: textOption(parsed, 'key-column', 'key'),
    timeColumn,
    asOf: asOfOption(parsed),
    removes: flagOption(parsed, 'remove'),
  };
}

/** Tells which columns of the file go nowhere, and which of the table stay empty: one of them may be misspelled. */
function tellColumns({ table, keyColumn, timeColumn, removes }: RowMapping, names: readonly string[], io: CliIo): void {
  if (removes) return;
  const own = Object.keys(table.columns);
  const surplus = names.filter((name) => !own.includes(name) && name !== keyColumn && name !== timeColumn);
  const missing = own.filter((name) => !names.includes(name));
  if (surplus.length > 0) io.stderr.write(`Left out, as ${table.name} has no such column: ${surplus.join(', ')}.\n`);
  if (missing.length > 0) io.stderr.write(`Absent in the first row: ${missing.join(', ')}.\n`);
}

/**
 * `palisade tables load NAME FILE`. Answers 1 where the engine refused a row. Rejects with UsageError, INPUT_FILE, or
 * what keeps the engine from answering at all.
 */
export async function runTablesLoad(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('tables load', args, OPTIONS);
  if (flagOption(parsed, 'help')) {
    io.stdout.write(HELP);
    return EXIT_OK;
  }
  requirePositionals('tables load', parsed, ['NAME', 'FILE']);
  const [name = '', path = ''] = parsed.positionals;
  const batchSize = integerOption(parsed, 'batch', { low: 1, high: BATCH_LINES_MAX, fallback: 1000 });
  const transport = connect(parsed);
  try {
    const tables = await readTables(transport);
    const table = tables.find((candidate) => candidate.name === name);
    if (table === undefined) throw unknownTable(name, tables);
    const mapping = mappingOf(parsed, path, table);
    const { bytes, share } = await openInput(path, io.stdin);
    const sender = new RowSender(new RetryingSender(transport));
    const bar = new ProgressBar(io.stderr, 'load');
    let batch: TableRow[] = [];
    for await (const row of readRowEvents(mapping, bytes, (names) => tellColumns(mapping, names, io))) {
      batch.push(row);
      if (batch.length < batchSize) continue;
      await sender.send(batch);
      batch = [];
      bar.update(share(), sender.sent);
    }
    await sender.send(batch);
    bar.finish();
    const { recorded, repeated, refused, refusals } = sender;
    io.stdout.write(`${name}: ${recorded} rows recorded, ${repeated} known already, ${refused} refused.\n`);
    for (const refusal of refusals) io.stderr.write(`Refused: ${refusal}\n`);
    return refused === 0 ? EXIT_OK : EXIT_FAILED;
  } finally {
    transport.close();
  }
}

function unknownTable(name: string, tables: readonly TableReport[]): UsageError {
  const names = tables.map((table) => table.name).join(', ');
  const remedy = names === '' ? 'Declare it in the ruleset first.' : `Choose from ${names}.`;
  return new UsageError(`Cannot load a file as the ruleset in force has no such table: ${name}. ${remedy}`);
}
