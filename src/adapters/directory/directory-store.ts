import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PalisadeError } from '../../domain/errors.ts';
import type { FileStore } from '../../ports/table-files.ts';

/** Names with a dot at the start are left alone by what reads folders of tables. */
function partOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.part`);
}

function failed(path: string, what: string, cause: unknown): PalisadeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `Cannot ${what} the file as the file system refuses: ${path}, ${reason}. Correct --to, or make room.`;
  return new PalisadeError('OUTPUT_FAILED', message, { cause });
}

/** Files in a folder of this machine, which is made where it is missing. A file is on disk before it gets its name. */
export function createDirectoryStore(root: string): FileStore {
  return {
    async put(path, bytes) {
      const target = join(root, path);
      try {
        await mkdir(dirname(target), { recursive: true });
        const file = await open(partOf(target), 'w');
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(partOf(target), target);
      } catch (cause) {
        throw failed(target, 'write', cause);
      }
    },
    async remove(path) {
      const target = join(root, path);
      try {
        await rm(target, { force: true });
      } catch (cause) {
        throw failed(target, 'remove', cause);
      }
    },
  };
}
