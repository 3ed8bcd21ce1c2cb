import { relative } from 'node:path';

/** What a reporter of node:test needs to know of an event to tell which files failed. */
type RunEvent = {
  readonly type: string;
  readonly data: {
    readonly name?: string;
    readonly nesting?: number;
    readonly file?: string;
    readonly success?: boolean;
  };
};

/**
 * A reporter of node:test that lists the files that failed, a line each: those with a failed test, in whatever module
 * it stands, and those that ended before they had a result.
 */
export default async function* failedFiles(source: AsyncIterable<RunEvent>): AsyncGenerator<string> {
  for await (const { type, data } of source) {
    const { file, name, nesting, success } = data;
    if (file === undefined) continue;
    const path = relative(process.cwd(), file);
    const isWithoutResult = type === 'test:fail' && nesting === 0 && name === path;
    if (isWithoutResult || (type === 'test:summary' && success === false)) yield `${path}\n`;
  }
}
