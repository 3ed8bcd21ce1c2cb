import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createKey, formatKeyFile, KeyRing, parseKeyFile, SCOPES } from '../http/mod.ts';
import type { CliIo } from './command.ts';
import { readInputFile } from './input-file.ts';

/** Where the keys are kept when no file is named. */
export function defaultKeyFile(directory: string): string {
  return join(directory, 'keys.json');
}

/**
 * The keys that a server accepts. Where no file was named and none is there yet, a first key with every scope is made,
 * stored hashed, and shown once.
 */
export async function loadKeyRing(path: string | null, directory: string, io: CliIo): Promise<KeyRing> {
  const file = path ?? defaultKeyFile(directory);
  if (path === null && !existsSync(file)) {
    const { key, entry } = createKey({ id: 'first', scopes: SCOPES, note: 'made at the first start' }, randomBytes);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, formatKeyFile([entry]), { mode: 0o600, flag: 'wx' });
    io.stdout.write(
      `A first API key was made, with every scope. It is shown this once and kept hashed in ${file}:\n  ${key}\n`,
    );
    return new KeyRing([entry]);
  }
  return new KeyRing(parseKeyFile(await readInputFile(file, 'key file')));
}
