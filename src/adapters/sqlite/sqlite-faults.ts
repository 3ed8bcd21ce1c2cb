import { type ErrorCode, PalisadeError } from '../../domain/errors.ts';

/** What went wrong, told by SQLite's own words (Deno's `node:sqlite` gives no result code) or the system's codes. */
type Fault = 'locked' | 'not_a_log' | 'read_only' | 'cannot_open' | 'full' | 'input_output' | 'corrupt' | 'other';

const WORDS: readonly (readonly [RegExp, Fault])[] = [
  [/database (?:table )?is locked|locking protocol/i, 'locked'],
  [/file is not a database/i, 'not_a_log'],
  [/readonly database|authorization denied|access permission denied/i, 'read_only'],
  [/unable to open database|\b(?:EEXIST|ENOTDIR|EACCES|EPERM|EROFS)\b/i, 'cannot_open'],
  [/database or disk is full|\bENOSPC\b/i, 'full'],
  [/disk I\/O error/i, 'input_output'],
  [/malformed|no such table|no such column/i, 'corrupt'],
];

const REMEDIES: Readonly<Record<Fault, string>> = {
  locked: 'Stop the process that holds the log, then start again',
  not_a_log: 'Name a directory of its own for the log, or restore the file from a backup',
  read_only: 'Make the directory and the files in it writable for this user, then start again',
  cannot_open: 'Name a directory that this user may write to, then start again',
  full: 'Free space on the volume, then start again; nothing that was acknowledged is lost',
  input_output: 'Check the volume (space, file size limits, system log), then start again',
  corrupt: 'Run `palisade log verify`, and restore the file from a backup',
  other: 'Check the volume and the system log, then start again',
};

function faultOf(error: unknown): Fault {
  const words = wordsOf(error);
  return WORDS.find(([pattern]) => pattern.test(words))?.[1] ?? 'other';
}

/** The words of an error, with SQLite's extended result code where the runtime tells it. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'errcode' in error ? ` (SQLite result ${String(error.errcode)})` : '';
  return `${error.message}${code}`;
}

function describeFault(action: string, path: string, error: unknown): string {
  const reporter = error instanceof Error && 'syscall' in error ? 'the system' : 'SQLite';
  return `Cannot ${action} as ${reporter} reports "${wordsOf(error)}": ${path}. ${REMEDIES[faultOf(error)]}.`;
}

const OPEN_CODES: Readonly<Partial<Record<Fault, ErrorCode>>> = { locked: 'LOG_LOCKED', corrupt: 'LOG_CORRUPT' };

/** The error for a log that does not open: LOG_LOCKED, LOG_CORRUPT or LOG_UNUSABLE. */
export function openFault(path: string, error: unknown): PalisadeError {
  if (error instanceof PalisadeError) return error;
  const code = OPEN_CODES[faultOf(error)] ?? 'LOG_UNUSABLE';
  return new PalisadeError(code, describeFault('open the event log', path, error), { cause: error });
}

/** The error that fails the log for good: a write, a commit or an fsync that did not succeed. */
export function writeFault(path: string, error: unknown): PalisadeError {
  if (error instanceof PalisadeError && error.code === 'LOG_FAILED') return error;
  const message = describeFault('write to the event log', path, error);
  return new PalisadeError('LOG_FAILED', message, { cause: error });
}

/** The error for one read: LOG_CORRUPT where the file is damaged, LOG_FAILED where it cannot be read. */
export function readFault(path: string, error: unknown): PalisadeError {
  if (error instanceof PalisadeError) return error;
  const code = faultOf(error) === 'corrupt' ? 'LOG_CORRUPT' : 'LOG_FAILED';
  return new PalisadeError(code, describeFault('read the event log', path, error), { cause: error });
}

/** The error for a stored row that is not what was written. */
export function damageFault(path: string, what: string, details: Record<string, string | number>): PalisadeError {
  return new PalisadeError(
    'LOG_CORRUPT',
    `Cannot read the event log as ${what} is damaged or missing: ${path}. ${REMEDIES.corrupt}.`,
    { details },
  );
}
