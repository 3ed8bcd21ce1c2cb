import { flagOption, readArguments, requirePositionals, textOption } from './arguments.ts';
import { type CliIo, EXIT_OK } from './command.ts';
import { CLIENT_OPTIONS, clientOptionsHelp, connect, readJson } from './tables/table-client.ts';

const HELP = `Usage: palisade tables row NAME KEY [options]

Reads the row of a key as a rule would for an event of a time.

  --as-of TIME       event time, RFC 3339 (default: now)
${clientOptionsHelp('scope read')}`;

const OPTIONS = { ...CLIENT_OPTIONS, 'as-of': { type: 'string' } } as const;

/** `palisade tables row NAME KEY`: prints the row as JSON. Rejects with REQUEST_NOT_FOUND where there is none. */
export async function runTablesRow(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('tables row', args, OPTIONS);
  if (flagOption(parsed, 'help')) {
    io.stdout.write(HELP);
    return EXIT_OK;
  }
  requirePositionals('tables row', parsed, ['NAME', 'KEY']);
  const [name = '', key = ''] = parsed.positionals.map(encodeURIComponent);
  const asOf = textOption(parsed, 'as-of', undefined);
  const query = asOf === undefined ? '' : `?asOf=${encodeURIComponent(asOf)}`;
  const transport = connect(parsed);
  try {
    const row = await readJson(transport, `/v1/tables/${name}/rows/${key}${query}`);
    io.stdout.write(`${JSON.stringify(row, null, 2)}\n`);
    return EXIT_OK;
  } finally {
    transport.close();
  }
}
