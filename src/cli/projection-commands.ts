import { resolve } from 'node:path';
import { PalisadeError } from '../domain/errors.ts';
import { flagOption, type ParsedArguments, readArguments, requirePositionals, textOption } from './arguments.ts';
import { type CliIo, EXIT_FAILED, EXIT_OK } from './command.ts';
import { countText } from './number-words.ts';
import { ProgressBar } from './progress-bar.ts';
import { listStopped, rebuildStopped, verifyStopped } from './projections/stopped-projections.ts';
import { formatTable } from './table.ts';
import { connect, readJson, refusalOf, unexpected } from './tables/table-client.ts';

const OPTIONS = {
  data: { type: 'string' },
  url: { type: 'string' },
  key: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

const WHERE = `  --data DIR   data folder of a stopped engine (default: data)
  --url URL    a running engine instead
  --key KEY    API key for it (default: PALISADE_KEY)
  --help       this text
`;

const LIST_HELP = `Tell which projections there are, and how far each is.

Usage: palisade projections list [--data DIR | --url URL [--key KEY]]

${WHERE}`;
const REBUILD_HELP = `Build a projection anew from the log, beside the one that is read, which it then replaces.

Usage: palisade projections rebuild NAME [--data DIR | --url URL [--key KEY]]

${WHERE}`;
const VERIFY_HELP = `Build every projection anew from the log and compare it with what is stored, row for row.

Usage: palisade projections verify [--data DIR]

  --data DIR   data folder of a stopped engine (default: data)
  --help       this text

Exit codes: 0 all are equal, 1 one is not, 2 the command line is not understood.
`;

function isRemote(parsed: ParsedArguments): boolean {
  return textOption(parsed, 'url', undefined) !== undefined || textOption(parsed, 'key', undefined) !== undefined;
}

function directoryOf(parsed: ParsedArguments): string {
  return resolve(textOption(parsed, 'data', 'data'));
}

/** `palisade projections list`. */
export async function runProjectionsList(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('projections list', args, OPTIONS);
  if (flagOption(parsed, 'help')) {
    io.stdout.write(LIST_HELP);
    return EXIT_OK;
  }
  requirePositionals('projections list', parsed, []);
  const rows = isRemote(parsed) ? await listRunning(parsed) : listStopped(directoryOf(parsed));
  const titles = ['projection', 'version', 'state', 'position'];
  const columns = titles.map((title, index) => ({ title, align: index === 3 ? 'right' : 'left' }) as const);
  io.stdout.write(
    formatTable(
      columns,
      rows.map((row) => row.map((cell) => (typeof cell === 'number' ? countText(cell) : cell))),
    ),
  );
  return EXIT_OK;
}

async function listRunning(parsed: ParsedArguments): Promise<readonly (readonly (string | number)[])[]> {
  const path = '/v1/projections';
  const transport = connect(parsed);
  try {
    const answer = await readJson(transport, path);
    const found = typeof answer === 'object' && answer !== null && 'projections' in answer ? answer.projections : null;
    if (!Array.isArray(found)) throw unexpected(path, null);
    return found.flatMap(({ name, version, state, position, rebuildPosition }) => {
      const row = [String(name), String(version), String(state), Number(position)];
      const isBuilding = typeof rebuildPosition === 'number';
      return isBuilding ? [row, [String(name), '', 'building', rebuildPosition]] : [row];
    });
  } finally {
    transport.close();
  }
}

/** `palisade projections rebuild NAME`. */
export async function runProjectionsRebuild(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('projections rebuild', args, OPTIONS);
  if (flagOption(parsed, 'help')) {
    io.stdout.write(REBUILD_HELP);
    return EXIT_OK;
  }
  requirePositionals('projections rebuild', parsed, ['NAME']);
  const [name = ''] = parsed.positionals;
  if (isRemote(parsed)) {
    await rebuildRunning(parsed, name);
    io.stdout.write(`${name} is being built anew; palisade projections list tells how far it is.\n`);
    return EXIT_OK;
  }
  const bar = new ProgressBar(io.stderr, 'following the log');
  await rebuildStopped(directoryOf(parsed), name, (done, total) => bar.update(total === 0 ? 1 : done / total, done));
  bar.finish();
  io.stdout.write(`${name} has been built anew.\n`);
  return EXIT_OK;
}

async function rebuildRunning(parsed: ParsedArguments, name: string): Promise<void> {
  const path = `/v1/projections/${encodeURIComponent(name)}/rebuild`;
  const transport = connect(parsed);
  try {
    const answer = await transport.post(path, '');
    if (answer.status !== 202) throw refusalOf(path, answer);
  } catch (error) {
    if (error instanceof PalisadeError) throw error;
    const message = `Cannot reach the engine as the connection fails: ${String(error)}. Start it, or correct --url.`;
    throw new PalisadeError('ENGINE_NOT_READY', message, { cause: error });
  } finally {
    transport.close();
  }
}

/** `palisade projections verify`: names the rows that differ. */
export async function runProjectionsVerify(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('projections verify', args, { data: OPTIONS.data, help: OPTIONS.help });
  if (flagOption(parsed, 'help')) {
    io.stdout.write(VERIFY_HELP);
    return EXIT_OK;
  }
  requirePositionals('projections verify', parsed, []);
  const bar = new ProgressBar(io.stderr, 'building anew');
  const verified = await verifyStopped(directoryOf(parsed), (done, total) =>
    bar.update(total === 0 ? 1 : done / total, done),
  );
  bar.finish();
  for (const { name, differences } of verified) {
    for (const { table, left, right } of differences) {
      io.stderr.write(`${name}.${table}: stored ${JSON.stringify(left)}, built anew ${JSON.stringify(right)}\n`);
    }
  }
  const wrong = verified.filter(({ differences }) => differences.length > 0).length;
  const verdict = wrong === 0 ? 'every row is as the log has it' : `${countText(wrong)} differ`;
  io.stdout.write(`${countText(verified.length)} projections: ${verdict}\n`);
  return wrong === 0 ? EXIT_OK : EXIT_FAILED;
}
