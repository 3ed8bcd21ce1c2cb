import type { LogFields, Logger } from '../../ports/logger.ts';

/** Writes one JSON object a line: time, level, message and the fields. */
export function createJsonLogger(write: (line: string) => void): Logger {
  const log = (level: string, message: string, fields: LogFields = {}): void =>
    write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
  return {
    info: (message, fields) => log('info', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    error: (message, fields) => log('error', message, fields),
  };
}
