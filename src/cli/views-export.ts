import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { parquetFormat } from '../adapters/parquet/parquet-format.ts';
import { isPalisadeError, PalisadeError } from '../domain/errors.ts';
import { flagOption, integerOption, readArguments, requirePositionals, textOption } from './arguments.ts';
import { type CliIo, EXIT_OK, UsageError } from './command.ts';
import { countText } from './number-words.ts';
import { CLIENT_OPTIONS, clientOptionsHelp, connect } from './tables/table-client.ts';
import { openTarget } from './views/export-target.ts';
import { ViewClient } from './views/view-client.ts';
import { type ExportCounts, ViewExporter } from './views/view-exporter.ts';

const HELP = `Usage: palisade views export NAME --to DIR [options]
       palisade views export NAME --to s3://BUCKET/PREFIX [options]

Writes the rows of a view as Parquet files, one for each hour in which windows start:
NAME/date=2026-02-10/hour=09/NAME.parquet. An export of the same hours replaces the files.

  --to PLACE         a folder, or a bucket and the beginning of its keys
  --endpoint URL     an S3-compatible store other than Amazon's, addressed by path
  --region NAME      region of the bucket (default: AWS_REGION, or else us-east-1)
  --from TIME        only hours from then on, RFC 3339 or a date
  --follow           go on until Ctrl-C: write an hour again when a row of it has changed
  --every SECONDS    how often to look for changes (default 10)
${clientOptionsHelp('scope read')}
A bucket needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN where the keys have one.
`;

const OPTIONS = {
  ...CLIENT_OPTIONS,
  to: { type: 'string' },
  endpoint: { type: 'string' },
  region: { type: 'string' },
  from: { type: 'string' },
  follow: { type: 'boolean' },
  every: { type: 'string' },
} as const;

function report(io: CliIo, { files, rows, removed, kept, lagEvents }: ExportCounts): void {
  const parts = [`Wrote ${countText(rows)} rows in ${countText(files)} files`];
  if (removed > 0) parts.push(`removed ${countText(removed)}`);
  if (kept > 0) parts.push(`left ${countText(kept)} as they are, as the view no longer holds them whole`);
  if (lagEvents > 0) parts.push(`the view was ${countText(lagEvents)} events behind the log`);
  io.stdout.write(`${parts.join('; ')}.\n`);
}

/** Sequence of the newest change of the view; 0 where there is none. */
async function newestChange(client: ViewClient, after: number): Promise<number> {
  let newest = after;
  for await (const changes of client.changes(after)) newest = changes.at(-1)?.sequence ?? newest;
  return newest;
}

/** Opens an exporter with what the view is now: its watermark moves on. */
async function openExporter(
  client: ViewClient,
  name: string,
  store: ReturnType<typeof openTarget>,
): Promise<ViewExporter> {
  const views = await client.views();
  const view = views.find((candidate) => candidate.name === name);
  if (view !== undefined) return new ViewExporter(client, view, parquetFormat, store);
  const names = views.map((candidate) => candidate.name).join(', ') || 'none';
  const message = `Cannot export the view as the ruleset in force has none of this name: ${name}. There is ${names}.`;
  throw new PalisadeError('REQUEST_NOT_FOUND', message);
}

function timeOption(text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw new UsageError(`Cannot use --from as it is no time: ${text}. Write it as 2026-02-10T09:00:00Z.`);
}

type Following = {
  readonly client: ViewClient;
  readonly open: () => Promise<ViewExporter>;
  readonly everyMs: number;
  readonly io: CliIo;
};

/** How far an export has come: in the changes of a version of the view. */
type Reached = { readonly version: string; readonly after: number };

/** Exports what has changed; all of it where the changes are of another version, or older than those that are kept. */
async function exportNews({ client, open, io }: Following, { version, after }: Reached): Promise<Reached> {
  const exporter = await open();
  if (exporter.version !== version) {
    const newest = await newestChange(client, 0);
    await exporter.exportAll(null);
    report(io, exporter.takeCounts());
    return { version: exporter.version, after: newest };
  }
  let reached = after;
  for await (const changes of client.changes(after)) {
    const isGap = (changes[0]?.sequence ?? 0) > reached + 1;
    if (isGap) await exporter.exportAll(null);
    else await exporter.exportChanged(changes);
    reached = changes.at(-1)?.sequence ?? reached;
    report(io, exporter.takeCounts());
  }
  return { version, after: reached };
}

/** Exports what changes until it is asked to stop. What cannot be reached is tried again at the next look. */
async function follow(following: Following, from: Reached): Promise<void> {
  const { everyMs, io } = following;
  const stop = new AbortController();
  void io.interrupted().then(() => stop.abort());
  let reached = from;
  for (;;) {
    await pause(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
    if (stop.signal.aborted) return;
    try {
      reached = await exportNews(following, reached);
    } catch (error) {
      if (!isPalisadeError(error)) throw error;
      io.stderr.write(`${error.code}: ${error.message}\n`);
    }
  }
}

/**
 * `palisade views export NAME`. Each row is exported at least once, and a repeat replaces what was there. Rejects with
 * UsageError, OUTPUT_FAILED, or what the engine said.
 */
export async function runViewsExport(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('views export', args, OPTIONS);
  if (flagOption(parsed, 'help')) {
    io.stdout.write(HELP);
    return EXIT_OK;
  }
  requirePositionals('views export', parsed, ['NAME']);
  const name = parsed.positionals[0] ?? '';
  const to = textOption(parsed, 'to', undefined);
  if (to === undefined)
    throw new UsageError('Cannot export as there is no place to write to: --to is missing. Add it.');
  const endpoint = textOption(parsed, 'endpoint', undefined) ?? null;
  const region = textOption(parsed, 'region', undefined) ?? null;
  const store = openTarget({ to, endpoint, region }, process.env);
  const fromMs = timeOption(textOption(parsed, 'from', undefined));
  const everyMs = 1000 * integerOption(parsed, 'every', { low: 1, high: 3600, fallback: 10 });
  const transport = connect(parsed);
  try {
    const client = new ViewClient(transport, name);
    const open = (): Promise<ViewExporter> => openExporter(client, name, store);
    const exporter = await open();
    const follows = flagOption(parsed, 'follow');
    // Before the rows are read: what changes meanwhile is exported again.
    const newest = follows ? await newestChange(client, 0) : 0;
    await exporter.exportAll(fromMs);
    report(io, exporter.takeCounts());
    if (follows) await follow({ client, open, everyMs, io }, { version: exporter.version, after: newest });
    return EXIT_OK;
  } finally {
    transport.close();
  }
}
