import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { isPalisadeError, shownPlace } from '../domain/errors.ts';
import type { Engine } from '../ports/engine.ts';
import type { Logger } from '../ports/logger.ts';

/** Editors write a file in several steps; it is read once they are done. */
const SETTLE_MS = 100;
const FROM_FILE = { source: 'file', by: '', draftId: null, approvedBy: null, note: '' } as const;
/** Kubernetes mounts a file as a link into this link, and replaces only the latter. */
const MOUNTED_LINK = '..data';

/**
 * Publishes a ruleset file whenever it changes. A file with a problem changes nothing: the problems are logged and the
 * ruleset in force stays. Watches the folder, as many editors replace the file. Looks at the file once at the start, as
 * it may have changed while the engine got ready. Answers how to end it.
 */
export function watchRuleset(path: string, engine: Engine, logger: Logger): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const reload = async (): Promise<void> => {
    try {
      await engine.publishRuleset(await readFile(path, 'utf8'), FROM_FILE);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.error('The changed ruleset was not installed; the one in force stays', { path, reason });
      if (!isPalisadeError(error)) return;
      for (const problem of error.fields)
        logger.error('Ruleset problem', { path, at: shownPlace(problem), problem: problem.message });
    }
  };
  const reloadSoon = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => void reload(), SETTLE_MS);
  };
  const watcher: FSWatcher = watch(dirname(path), (_event, name) => {
    if (name === basename(path) || name === MOUNTED_LINK) reloadSoon();
  });
  watcher.on('error', ({ message }) =>
    logger.error('The ruleset file is not watched any more', { path, reason: message }),
  );
  watcher.unref();
  reloadSoon();
  return () => {
    if (timer !== null) clearTimeout(timer);
    watcher.close();
  };
}
