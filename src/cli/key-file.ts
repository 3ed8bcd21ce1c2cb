import { existsSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PalisadeError } from '../domain/errors.ts';
import { formatKeyFile, type KeyEntry, parseKeyFile } from '../http/mod.ts';
import { readInputFile } from './input-file.ts';

/** Where the keys are kept when no file is named. */
export function defaultKeyFile(directory: string): string {
  return join(directory, 'keys.json');
}

/** The entries of a key file, or null where there is none. Rejects with INPUT_FILE or CONFIG_INVALID. */
export async function readKeyFile(file: string): Promise<readonly KeyEntry[] | null> {
  return existsSync(file) ? parseKeyFile(await readInputFile(file, 'key file')) : null;
}

/** Writes a key file whole and durably, or not at all, for its owner's eyes only. Rejects with INPUT_FILE. */
export async function writeKeyFile(file: string, entries: readonly KeyEntry[]): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    const draft = await open(`${file}.new`, 'w', 0o600);
    try {
      await draft.writeFile(formatKeyFile(entries));
      await draft.sync();
    } finally {
      await draft.close();
    }
    await rename(`${file}.new`, file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PalisadeError(
      'INPUT_FILE',
      `Cannot write the key file as ${reason}. Name one in a folder that this user may write to, on a disk with room.`,
      { cause },
    );
  }
}
