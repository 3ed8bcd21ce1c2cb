import { tableChangeSchema } from '../codec/response-schemas.ts';
import { flagOption, integerOption, readArguments, requirePositionals } from './arguments.ts';
import { type CliIo, EXIT_OK } from './command.ts';
import { LineWriter } from './line-writer.ts';
import { CLIENT_OPTIONS, clientOptionsHelp, connect, readJson, unexpected } from './tables/table-client.ts';

const PAGE_SIZE = 1000;

const HELP = `Usage: palisade tables changes NAME [options]

Writes every row and removal of a table in the order in which they were recorded, one JSON object a line.

  --after N          begin after this revision (default: from the first)
  --limit N          stop after N changes (default: at the end)
${clientOptionsHelp('scope read')}`;

const OPTIONS = { ...CLIENT_OPTIONS, after: { type: 'string' }, limit: { type: 'string' } } as const;

/** `palisade tables changes NAME`. Ends quietly where the reader of the pipe has gone. */
export async function runTablesChanges(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('tables changes', args, OPTIONS);
  if (flagOption(parsed, 'help')) {
    io.stdout.write(HELP);
    return EXIT_OK;
  }
  requirePositionals('tables changes', parsed, ['NAME']);
  const high = Number.MAX_SAFE_INTEGER;
  let after = integerOption(parsed, 'after', { low: 0, high, fallback: -1 });
  let left = integerOption(parsed, 'limit', { low: 1, high, fallback: high });
  const path = `/v1/tables/${encodeURIComponent(parsed.positionals[0] ?? '')}/changes`;
  const writer = new LineWriter(io.stdout, 'the changes');
  const transport = connect(parsed);
  try {
    while (left > 0 && !writer.closed) {
      const limit = Math.min(PAGE_SIZE, left);
      const value = await readJson(transport, `${path}?limit=${limit}${after < 0 ? '' : `&after=${after}`}`);
      const page = typeof value === 'object' && value !== null && 'changes' in value ? value.changes : null;
      const changes = tableChangeSchema.array().safeParse(page);
      if (!changes.success) throw unexpected(path, changes.error);
      for (const change of changes.data) {
        writer.add(`${JSON.stringify(change)}\n`);
        after = change.revision;
      }
      await writer.flush();
      left -= changes.data.length;
      if (changes.data.length < limit) break;
    }
    return EXIT_OK;
  } finally {
    transport.close();
  }
}
