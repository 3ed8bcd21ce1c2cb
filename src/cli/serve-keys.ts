import { randomBytes } from 'node:crypto';
import { createKey, KeyRing, parseKeyFile, SCOPES } from '../http/mod.ts';
import type { CliIo } from './command.ts';
import { readInputFile } from './input-file.ts';
import { defaultKeyFile, readKeyFile, writeKeyFile } from './key-file.ts';

/** The keys that a server accepts, and what is to be done once it listens: before that, a start may still fail. */
export type ServeKeys = { readonly ring: KeyRing; readonly keep: () => Promise<void> };

const NOTHING_TO_KEEP = async (): Promise<void> => {};

/**
 * The keys that a server accepts. Where no file was named and none is there yet, a first key with every scope is made;
 * `keep` stores it hashed and shows it, once. Rejects with INPUT_FILE or CONFIG_INVALID.
 */
export async function loadServeKeys(path: string | null, directory: string, io: CliIo): Promise<ServeKeys> {
  if (path !== null) {
    return { ring: new KeyRing(parseKeyFile(await readInputFile(path, 'key file'))), keep: NOTHING_TO_KEEP };
  }
  const file = defaultKeyFile(directory);
  const entries = await readKeyFile(file);
  if (entries !== null) return { ring: new KeyRing(entries), keep: NOTHING_TO_KEEP };
  const { key, entry } = createKey({ id: 'first', scopes: SCOPES, note: 'made at the first start' }, randomBytes);
  const keep = async (): Promise<void> => {
    await writeKeyFile(file, [entry]);
    io.stdout.write(
      `A first API key was made, with every scope. It is shown this once and kept hashed in ${file}:\n  ${key}\n`,
    );
  };
  return { ring: new KeyRing([entry]), keep };
}
