import { readFile } from 'node:fs/promises';
import { isPalisadeError, shownPlace } from '../domain/errors.ts';
import type { Engine } from '../ports/engine.ts';
import type { Logger } from '../ports/logger.ts';
import { watchFile } from './file-watch.ts';

const FROM_FILE = { source: 'file', by: '', draftId: null, approvedBy: null, note: '' } as const;

/**
 * Publishes a ruleset file whenever it changes. A file with a problem changes nothing: the problems are logged and the
 * ruleset in force stays. Answers how to end it.
 */
export function watchRuleset(path: string, engine: Engine, logger: Logger): () => void {
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
  return watchFile(path, reload, logger);
}
