import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Logger } from '../ports/logger.ts';

/** Editors write a file in several steps; it is read once they are done. */
const SETTLE_MS = 100;
/** Kubernetes mounts a file as a link into this link, and replaces only the latter. */
const MOUNTED_LINK = '..data';

/**
 * Calls `changed` whenever a file may have changed, and once at the start, as it may have while everything got ready.
 * Watches the folder, as many editors replace the file. `changed` never rejects. Answers how to end it.
 */
export function watchFile(path: string, changed: () => Promise<void>, logger: Logger): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const changedSoon = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => void changed(), SETTLE_MS);
  };
  const watcher: FSWatcher = watch(dirname(path), (_event, name) => {
    if (name === basename(path) || name === MOUNTED_LINK) changedSoon();
  });
  watcher.on('error', ({ message }) => logger.error('A file is not watched any more', { path, reason: message }));
  watcher.unref();
  changedSoon();
  return () => {
    if (timer !== null) clearTimeout(timer);
    watcher.close();
  };
}
