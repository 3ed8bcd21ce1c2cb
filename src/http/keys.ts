import { Buffer } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import { type FieldProblem, PalisadeError } from '../domain/errors.ts';

/** What a key may be used for. Every route that is not public names one of them. */
export const SCOPES = [
  'authorize',
  'events',
  'read',
  'lists',
  'rules',
  'publish',
  'sagas',
  'cases',
  'metrics',
] as const;
export type Scope = (typeof SCOPES)[number];

/** A key as stored: the secret itself is never kept, only its SHA-256 in lower-case hex. */
export type KeyEntry = {
  readonly id: string;
  readonly hash: string;
  readonly scopes: readonly Scope[];
  /** RFC 3339; null where the key does not expire. */
  readonly expiresAt: string | null;
  readonly note: string;
};

const ID_PATTERN = /^[a-z0-9-]{1,32}$/;
const HASH_PATTERN = /^[0-9a-f]{64}$/;
const SECRET_PATTERN = /^[A-Za-z0-9_-]{43}$/;
const EXPIRY_PATTERN = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/;
const NOTE_LENGTH_MAX = 256;
const FIELDS: readonly string[] = ['id', 'hash', 'scopes', 'expiresAt', 'note'];

/** SHA-256 of a secret, lower-case hex. A fast hash is right here: a secret of 256 bits cannot be guessed. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}

/** The two parts of a presented key `pk_<id>_<secret>`, or null where it does not have that form. */
export function splitKey(presented: string): { id: string; secret: string } | null {
  if (!presented.startsWith('pk_')) return null;
  const end = presented.indexOf('_', 3);
  if (end < 0) return null;
  const id = presented.slice(3, end);
  const secret = presented.slice(end + 1);
  return ID_PATTERN.test(id) && SECRET_PATTERN.test(secret) ? { id, secret } : null;
}

/**
 * Makes a key: the text to hand to its user, shown once, and the entry to store. `randomBytes` has to be a source fit
 * for secrets (`randomBytes` of node:crypto). Fails with CONFIG_INVALID where the id, the scopes or the expiry are
 * wrong.
 */
export function createKey(
  properties: { id: string; scopes: readonly Scope[]; expiresAt?: string; note?: string },
  randomBytes: (size: number) => Uint8Array,
): { readonly key: string; readonly entry: KeyEntry } {
  const secret = Buffer.from(randomBytes(32)).toString('base64url');
  const problems: FieldProblem[] = [];
  const entry = readEntry({ ...properties, hash: hashSecret(secret) }, 'key', problems);
  if (entry === null) throw invalidKeys('create the API key', problems);
  return { key: `pk_${entry.id}_${secret}`, entry };
}

/** Reads a key file, `{"keys":[{id, hash, scopes, expiresAt?, note?}]}`. Fails with CONFIG_INVALID and every field. */
export function parseKeyFile(text: string): readonly KeyEntry[] {
  const problems: FieldProblem[] = [];
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw invalidKeys('read the key file', [{ field: 'keys', message: 'the file is not well-formed JSON' }]);
  }
  const list = isRecord(file) ? file.keys : undefined;
  if (!Array.isArray(list)) {
    throw invalidKeys('read the key file', [{ field: 'keys', message: 'must be a list of keys' }]);
  }
  const entries: KeyEntry[] = [];
  const ids = new Set<string>();
  list.forEach((value: unknown, index) => {
    const entry = readEntry(value, `keys.${index}`, problems);
    if (entry === null) return;
    if (ids.has(entry.id)) problems.push({ field: `keys.${index}.id`, message: 'must be unique in the file' });
    ids.add(entry.id);
    entries.push(entry);
  });
  if (problems.length > 0) throw invalidKeys('read the key file', problems);
  return entries;
}

/** The text of a key file with these entries; `parseKeyFile` reads it back. */
export function formatKeyFile(entries: readonly KeyEntry[]): string {
  const keys = entries.map(({ expiresAt, ...rest }) => (expiresAt === null ? rest : { ...rest, expiresAt }));
  return `${JSON.stringify({ keys }, null, 2)}\n`;
}

/**
 * Whether a secret is the one that an entry stands for. Compares in constant time, and does the same work for an
 * unknown id (entry null), so that neither the secret nor the existence of an id shows in the time taken.
 */
export function verifyKey(entry: KeyEntry | null, secret: string): boolean {
  const presented = createHash('sha256').update(secret, 'utf8').digest();
  const stored = entry === null ? presented : Buffer.from(entry.hash, 'hex');
  return timingSafeEqual(presented, stored) && entry !== null;
}

function readEntry(value: unknown, path: string, problems: FieldProblem[]): KeyEntry | null {
  if (!isRecord(value)) {
    problems.push({ field: path, message: 'must be an object' });
    return null;
  }
  const before = problems.length;
  const refuse = (field: string, message: string): void => {
    problems.push({ field: `${path}.${field}`, message });
  };
  const { id, hash, scopes, expiresAt = null, note = '' } = value;
  for (const name of Object.keys(value)) if (!FIELDS.includes(name)) refuse(name, 'is not a field of a key');
  if (!isText(id) || !ID_PATTERN.test(id)) refuse('id', 'must be 1 to 32 of a-z, 0-9 and -');
  if (!isText(hash) || !HASH_PATTERN.test(hash)) refuse('hash', 'must be a SHA-256 in lower-case hex');
  const known = Array.isArray(scopes) ? SCOPES.filter((scope) => scopes.includes(scope)) : [];
  if (!Array.isArray(scopes) || known.length === 0 || known.length !== scopes.length) {
    refuse('scopes', `must be a list, without repeats, of ${SCOPES.join(', ')}`);
  }
  if (expiresAt !== null && !(isText(expiresAt) && EXPIRY_PATTERN.test(expiresAt) && Date.parse(expiresAt) > 0)) {
    refuse('expiresAt', 'must be an RFC 3339 time with offset');
  }
  if (!isText(note) || note.length > NOTE_LENGTH_MAX) refuse('note', `must be at most ${NOTE_LENGTH_MAX} characters`);
  if (problems.length > before || !isText(id) || !isText(hash) || !isText(note)) return null;
  return { id, hash, scopes: known, expiresAt: isText(expiresAt) ? expiresAt : null, note };
}

function invalidKeys(action: string, fields: readonly FieldProblem[]): PalisadeError {
  const first = fields[0];
  const where = first === undefined ? 'it is not valid' : `${first.field} ${first.message}`;
  return new PalisadeError(
    'CONFIG_INVALID',
    `Cannot ${action} as it does not fit: ${where}. Correct the named field; SECURITY.md shows the form.`,
    { fields },
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
