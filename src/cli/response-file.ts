import process from 'node:process';
import { parse as parseYaml } from 'yaml';
import { type ResponseFile, readResponseSettings } from '../codec/mod.ts';
import { PalisadeError } from '../domain/errors.ts';
import { readInputFile } from './input-file.ts';
import { SAGA_DEFINITIONS } from './saga-kinds.ts';

const FROM_ENVIRONMENT = /^env:([A-Z_][A-Z0-9_]*)$/;

/**
 * Reads and checks a file of responses. A text `env:NAME` is taken from the environment, so that no secret has to stand
 * in the file. Fails with INPUT_FILE or CONFIG_INVALID.
 */
export async function readResponseFile(path: string): Promise<{ readonly text: string; readonly file: ResponseFile }> {
  const text = await readInputFile(path, 'file of responses');
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new PalisadeError('CONFIG_INVALID', `Cannot read the file of responses as it is no YAML: ${reason}.`);
  }
  return { text, file: responseFileOf(value) };
}

/** Checks a file of responses that is at hand as a value. */
export function responseFileOf(value: unknown): ResponseFile {
  return readResponseSettings(
    withEnvironment(value),
    SAGA_DEFINITIONS.map(({ kind }) => kind),
  );
}

function withEnvironment(value: unknown): unknown {
  if (typeof value === 'string') {
    const name = FROM_ENVIRONMENT.exec(value)?.[1];
    if (name === undefined) return value;
    const found = process.env[name];
    if (found !== undefined) return found;
    throw new PalisadeError(
      'CONFIG_INVALID',
      `Cannot read the file of responses as a variable of the environment is not set: ${name}. Set it.`,
    );
  }
  if (Array.isArray(value)) return value.map(withEnvironment);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withEnvironment(member)]));
}
