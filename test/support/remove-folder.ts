import { rm } from 'node:fs/promises';

/** Tries of a removal, each a tenth of a second later than the last one: more than a minute in all. */
const TRIES_MAX = 40;

/**
 * Removes a folder with all that it holds. A process that was killed a moment ago may leave one behind that still
 * writes, until it hears of the end of the other, and a slow machine lets it hear late: a folder that is not empty
 * after all is looked through again.
 */
export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: TRIES_MAX });
}
