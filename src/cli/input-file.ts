import { readFile } from 'node:fs/promises';
import { PalisadeError } from '../domain/errors.ts';

/** Text of a file that the user named. Rejects with INPUT_FILE, naming the file. */
export async function readInputFile(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PalisadeError('INPUT_FILE', `Cannot read the ${what} as ${reason}. Name a file that exists.`, { cause });
  }
}
