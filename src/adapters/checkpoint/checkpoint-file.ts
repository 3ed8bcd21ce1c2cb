import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PalisadeError } from '../../domain/errors.ts';
import type { Checkpoint, CheckpointStore } from '../../ports/checkpoint-store.ts';

/** A checkpoint in a small file, which is replaced whole: a crash leaves the old one or the new one. */
export class CheckpointFile implements CheckpointStore {
  readonly #path: string;

  /** `path` is the file; its folder has to be there. */
  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<Checkpoint | null> {
    const text = await readIfThere(this.#path);
    if (text === null) return null;
    const checkpoint = parsed(text);
    if (checkpoint !== null) return checkpoint;
    const message =
      `Cannot read how far a follower of the log is as the file is damaged: ${this.#path}. ` +
      'Remove it: messages are then published from the start of the log, late events reviewed from its end.';
    throw new PalisadeError('READ_STORE_FAILED', message);
  }

  async write({ position, recordId }: Checkpoint): Promise<void> {
    const draft = `${this.#path}.new`;
    const file = await open(draft, 'w');
    try {
      await file.writeFile(`${JSON.stringify({ position, recordId })}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, this.#path);
    const folder = await open(dirname(this.#path), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    const reason = 'the file cannot be opened';
    const message = `Cannot read how far a follower of the log is as ${reason}: ${path}. Make it readable.`;
    throw new PalisadeError('READ_STORE_FAILED', message, { cause: error });
  }
}

function parsed(text: string): Checkpoint | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('position' in value) || !('recordId' in value)) return null;
    const { position, recordId } = value;
    const isPosition = typeof position === 'number' && Number.isSafeInteger(position) && position >= 0;
    return isPosition && typeof recordId === 'string' ? { position, recordId } : null;
  } catch {
    return null;
  }
}
