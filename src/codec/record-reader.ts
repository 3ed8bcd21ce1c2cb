import { PalisadeError } from '../domain/errors.ts';
import type { Fact, FactType } from '../domain/records.ts';
import { shownPath } from './json-inspect.ts';
import { plainDecidedOf } from './plain-decided.ts';
import { RECORD_SCHEMAS } from './record-schemas.ts';
import { decisionTextOf } from './record-text.ts';
import { currentVersionOf, UPCASTERS, upcast } from './upcast.ts';

function unreadable(type: string, reason: string, current: string | number, cause?: unknown): PalisadeError {
  const message = `Cannot decode a ${type} record as ${reason}: ${current}. Run "palisade log verify".`;
  return new PalisadeError('RECORD_UNREADABLE', message, { cause });
}

function isFactType(type: string): type is FactType {
  return Object.hasOwn(UPCASTERS, type);
}

function parsedBody(type: FactType, body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw unreadable(type, 'it is not JSON', `current length is ${body.length} characters`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw unreadable(type, 'it is not a JSON object', `current length is ${body.length} characters`);
}

/**
 * The fact that a record body holds, brought up to date from whatever version it was written at. Throws
 * RECORD_UNREADABLE where the type is not known, the body is not JSON, the version is newer than this program, or
 * anything is missing, of another type or unknown. The error tells paths, never values. O(length).
 */
export function decodeFact(type: string, body: string): Fact {
  if (!isFactType(type)) throw unreadable(shownPath([type]), 'its type is not known', 'nothing decodes it');
  const { v: version, ...members } = parsedBody(type, body);
  const upcasters = UPCASTERS[type];
  const newest = currentVersionOf(upcasters);
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1 || version > newest) {
    const shown = typeof version === 'number' ? version : typeof version;
    throw unreadable(type, `its version is not from 1 to ${newest}`, `current value is ${shown}`);
  }
  const current = upcast(members, version, upcasters);
  const plain = type === 'TransactionDecided' ? plainDecidedOf(current) : null;
  if (plain !== null) {
    decisionTextOf(body);
    return plain;
  }
  const result = RECORD_SCHEMAS[type].safeParse(current);
  if (result.success) {
    if ('decisionLength' in members) decisionTextOf(body);
    return result.data;
  }
  const places = result.error.issues.map((issue) => shownPath(issue.path) || 'the whole').join(', ');
  throw unreadable(type, 'its form is not as it was written', `wrong at ${places}`);
}
