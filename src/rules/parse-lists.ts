import { LIST_KINDS, LIST_NAMES, type ListEntry, type ListKind } from '../domain/lists.ts';
import { FieldReader, quoted } from './field-reader.ts';
import { canonicalListValue } from './list-index.ts';

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

const VALUE_FORMS: Readonly<Record<ListKind, string>> = {
  card: 'a card token',
  account: 'an account id',
  device: 'a device id',
  ip: 'an IPv4 or IPv6 address',
  cidr: 'a network, as in 203.0.113.0/24 or 2001:db8::/32',
  merchant: 'a merchant id',
  bin: 'six to eight digits in quotes',
  country: 'an ISO 3166-1 code of two capital letters',
  bin_merchant: 'six to eight digits, @ and a merchant id, in quotes',
};

function readExpiry(reader: FieldReader): number | null {
  if (!reader.has('expires')) return null;
  const text = reader.text('expires');
  const expiresAtMs = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(expiresAtMs)) return expiresAtMs;
  if (text !== '') reader.report('expires', 'expires must be an RFC 3339 time, as in 2030-01-31T00:00:00Z.');
  return null;
}

function readEntry(reader: FieldReader): ListEntry {
  const list = reader.choice('list', LIST_NAMES);
  const kind = reader.choice('kind', LIST_KINDS);
  const value = reader.text('value');
  if (value !== '' && canonicalListValue(kind, value) === null) {
    reader.report('value', `A value of kind ${kind} is ${VALUE_FORMS[kind]}, not ${quoted(value)}.`);
  }
  const expiresAtMs = readExpiry(reader);
  const note = reader.text('note', '');
  reader.finish();
  return { list, kind, value, expiresAtMs, note };
}

/** Reads the list entries of a ruleset. */
export function readLists(root: FieldReader): ListEntry[] {
  const { source } = root;
  const seen = new Set<string>();
  return root.list('lists').flatMap((node, index) => {
    const reader = FieldReader.of(source, node, `lists[${index}]`, source.offsetOf(root.node('lists')));
    if (reader === null) return [];
    const entry = readEntry(reader);
    const key = `${entry.list} ${entry.kind} ${canonicalListValue(entry.kind, entry.value)}`;
    if (seen.has(key)) reader.report('value', 'This value stands on the list already.');
    seen.add(key);
    return [entry];
  });
}
