import type { ResponseFile } from '../codec/mod.ts';
import { isPalisadeError } from '../domain/errors.ts';
import type { Logger } from '../ports/logger.ts';
import { watchFile } from './file-watch.ts';
import { readResponseFile } from './response-file.ts';

/**
 * Installs a file of responses whenever it changes. A file with a problem changes nothing: every field that does not
 * fit is logged, and the responses in force stay. Answers how to end it.
 */
export function watchResponses(path: string, install: (file: ResponseFile) => void, logger: Logger): () => void {
  let inForce = '';
  const reload = async (): Promise<void> => {
    try {
      const { text, file } = await readResponseFile(path);
      if (text === inForce) return;
      install(file);
      inForce = text;
      logger.info('Responses are in force', { path, endpoints: file.endpoints.size, responses: file.byName.size });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.error('The changed responses were not installed; those in force stay', { path, reason });
      if (!isPalisadeError(error)) return;
      for (const { field, message } of error.fields)
        logger.error('Response problem', { path, field, problem: message });
    }
  };
  return watchFile(path, reload, logger);
}
