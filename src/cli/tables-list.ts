import { flagOption, readArguments, requirePositionals } from './arguments.ts';
import { type CliIo, EXIT_OK } from './command.ts';
import { formatTable } from './table.ts';
import { CLIENT_OPTIONS, clientOptionsHelp, connect, readTables } from './tables/table-client.ts';

const HELP = `Usage: palisade tables list [options]

Tells the tables of reference data that the ruleset of a running engine declares, and what they hold.

${clientOptionsHelp('scope read')}`;

const DAY_MS = 86_400_000;

/** `palisade tables list`. */
export async function runTablesList(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('tables list', args, CLIENT_OPTIONS);
  if (flagOption(parsed, 'help')) {
    io.stdout.write(HELP);
    return EXIT_OK;
  }
  requirePositionals('tables list', parsed, []);
  const transport = connect(parsed);
  try {
    const tables = await readTables(transport);
    if (tables.length === 0) {
      io.stdout.write('The ruleset in force declares no tables.\n');
      return EXIT_OK;
    }
    const rows = tables.map(({ name, columns, rowCount, versionCount, keepMs, newestAt }) => [
      name,
      Object.entries(columns)
        .map(([column, type]) => `${column} ${type}`)
        .join(', '),
      String(rowCount),
      String(versionCount),
      `${Math.round((keepMs / DAY_MS) * 100) / 100} d`,
      newestAt === '' ? '-' : newestAt,
    ]);
    io.stdout.write(
      formatTable(
        [
          { title: 'table', align: 'left' },
          { title: 'columns', align: 'left' },
          { title: 'rows', align: 'right' },
          { title: 'versions', align: 'right' },
          { title: 'kept', align: 'right' },
          { title: 'newest row', align: 'left' },
        ],
        rows,
      ),
    );
    return EXIT_OK;
  } finally {
    transport.close();
  }
}
