import { randomBytes } from 'node:crypto';
import { createKey, KeyRing, parseKeyFile, SCOPES } from '../http/mod.ts';
import type { CliIo } from './command.ts';
import { readInputFile } from './input-file.ts';
import { defaultKeyFile, readKeyFile, writeKeyFile } from './key-file.ts';

/**
 * The keys that a server accepts. Where no file was named and none is there yet, a first key with every scope is made,
 * stored hashed, and shown once.
 */
export async function loadKeyRing(path: string | null, directory: string, io: CliIo): Promise<KeyRing> {
  if (path !== null) return new KeyRing(parseKeyFile(await readInputFile(path, 'key file')));
  const file = defaultKeyFile(directory);
  const entries = await readKeyFile(file);
  if (entries !== null) return new KeyRing(entries);
  const { key, entry } = createKey({ id: 'first', scopes: SCOPES, note: 'made at the first start' }, randomBytes);
  await writeKeyFile(file, [entry]);
  io.stdout.write(
    `A first API key was made, with every scope. It is shown this once and kept hashed in ${file}:\n  ${key}\n`,
  );
  return new KeyRing([entry]);
}
