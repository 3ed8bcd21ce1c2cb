import { randomBytes } from 'node:crypto';
import { createKey, SCOPES, type Scope } from '../http/mod.ts';
import { flagOption, readArguments, requirePositionals, textOption } from './arguments.ts';
import { type CliIo, EXIT_OK, UsageError } from './command.ts';
import { defaultKeyFile, readKeyFile, writeKeyFile } from './key-file.ts';

const HELP = `Make an API key. It is shown once; the file keeps its hash.

Usage: palisade keys create ID [options]

  --file FILE       key file to add it to (default: keys.json in the data folder "data")
  --scopes LIST     what it may do, by comma (default: all of ${SCOPES.join(',')})
  --expires TIME    when it ends, RFC 3339 (default: never)
  --note TEXT       what it is for
  --help            this text

A running server reads its key file at the start: restart it, or use two keys in turn.
`;

const OPTIONS = {
  file: { type: 'string' },
  scopes: { type: 'string' },
  expires: { type: 'string' },
  note: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** `palisade keys create`: adds a key to a key file and shows it. */
export async function runKeysCreate(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('keys create', args, OPTIONS);
  if (flagOption(parsed, 'help')) {
    io.stdout.write(HELP);
    return EXIT_OK;
  }
  requirePositionals('keys create', parsed, ['ID']);
  const [id = ''] = parsed.positionals;
  const file = textOption(parsed, 'file', defaultKeyFile('data'));
  const entries = (await readKeyFile(file)) ?? [];
  if (entries.some((entry) => entry.id === id)) {
    throw new UsageError(`Cannot make the key as ${file} has one with this id: ${id}. Choose another id.`);
  }
  const expiresAt = textOption(parsed, 'expires', undefined);
  const { key, entry } = createKey(
    {
      id,
      scopes: scopesOf(textOption(parsed, 'scopes', SCOPES.join(','))),
      note: textOption(parsed, 'note', ''),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
    randomBytes,
  );
  await writeKeyFile(file, [...entries, entry]);
  io.stdout.write(`${key}\n`);
  io.stderr.write(`Added to ${file}. The key is shown this once.\n`);
  return EXIT_OK;
}

function scopesOf(text: string): Scope[] {
  return text.split(',').map((name) => {
    const scope = SCOPES.find((candidate) => candidate === name.trim());
    if (scope !== undefined) return scope;
    throw new UsageError(`Cannot make the key as there is no such scope: ${name}. Choose from ${SCOPES.join(', ')}.`);
  });
}
