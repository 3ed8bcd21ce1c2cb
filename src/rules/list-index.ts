import type { EventView } from '../domain/event-view.ts';
import type { ListEntry, ListKind, ListName } from '../domain/lists.ts';
import { type ListHits, listKindBit } from './list-hits.ts';
import { canonicalAddress, networkKey, parseAddress, parseNetwork } from './network-address.ts';

/** The entries of one value: at most one on each list. */
class Marks {
  block: ListEntry | null = null;
  allow: ListEntry | null = null;
  watch: ListEntry | null = null;

  get isEmpty(): boolean {
    return this.block === null && this.allow === null && this.watch === null;
  }

  flag(hits: ListHits, bit: number, nowMs: number): void {
    if (holds(this.block, nowMs)) hits.block |= bit;
    if (holds(this.allow, nowMs)) hits.allow |= bit;
    if (holds(this.watch, nowMs)) hits.watch |= bit;
  }
}

type MarkTable = Map<string | number, Marks>;

function holds(entry: ListEntry | null, nowMs: number): boolean {
  return entry !== null && (entry.expiresAtMs === null || nowMs < entry.expiresAtMs);
}

const VALUE_FORMS: Partial<Readonly<Record<ListKind, RegExp>>> = {
  bin: /^[0-9]{6,8}$/,
  country: /^[A-Z]{2}$/,
  bin_merchant: /^[0-9]{6,8}@./,
};

/** The one spelling of a value of a kind, under which it is found; null where the value does not fit the kind. */
export function canonicalListValue(kind: ListKind, value: string): string | null {
  if (kind === 'ip') return canonicalAddress(value);
  if (kind === 'cidr') {
    const network = parseNetwork(value);
    if (network === null) return null;
    const address = network.groups.length === 2 ? dotted(network.groups) : network.groups.map(hexadecimal).join(':');
    return `${address}/${network.prefixBits}`;
  }
  const form = VALUE_FORMS[kind];
  return value !== '' && (form === undefined || form.test(value)) ? value : null;
}

function dotted(groups: readonly number[]): string {
  return groups.flatMap((group) => [group >> 8, group & 255]).join('.');
}

function hexadecimal(group: number): string {
  return group.toString(16);
}

const BITS = {
  card: listKindBit('card'),
  account: listKindBit('account'),
  device: listKindBit('device'),
  ip: listKindBit('ip'),
  cidr: listKindBit('cidr'),
  merchant: listKindBit('merchant'),
  bin: listKindBit('bin'),
  country: listKindBit('country'),
  bin_merchant: listKindBit('bin_merchant'),
} as const;

/**
 * Allow, block and watch entries, found by value. Entries expire by event time and stay until they are removed or
 * pruned. `set`, `remove` and `has` are O(1); `match` is O(1) and one look-up for each CIDR prefix length in use.
 */
export class ListIndex {
  readonly #entries = new Map<string, ListEntry>();
  readonly #exact: Record<Exclude<ListKind, 'cidr'>, MarkTable> = {
    card: new Map(),
    account: new Map(),
    device: new Map(),
    ip: new Map(),
    merchant: new Map(),
    bin: new Map(),
    country: new Map(),
    bin_merchant: new Map(),
  };
  /** Networks by prefix length, IPv4 and IPv6 apart. */
  readonly #networks4 = new Map<number, MarkTable>();
  readonly #networks6 = new Map<number, MarkTable>();

  get size(): number {
    return this.#entries.size;
  }

  /** Sets an entry, or replaces that of the same list, kind and value. False where the value does not fit the kind. */
  set(entry: ListEntry): boolean {
    const value = canonicalListValue(entry.kind, entry.value);
    if (value === null) return false;
    this.#entries.set(`${entry.list}\n${entry.kind}\n${value}`, entry);
    this.#mark(entry.list, entry.kind, value, entry);
    return true;
  }

  /** Removes an entry; false where there was none. */
  remove(list: ListName, kind: ListKind, value: string): boolean {
    const canonical = canonicalListValue(kind, value);
    if (canonical === null || !this.#entries.delete(`${list}\n${kind}\n${canonical}`)) return false;
    this.#mark(list, kind, canonical, null);
    return true;
  }

  /** Whether exactly this value stands on the list at an event time (ms). */
  has(list: ListName, kind: ListKind, value: string, nowMs: number): boolean {
    const canonical = canonicalListValue(kind, value);
    return canonical !== null && holds(this.#entries.get(`${list}\n${kind}\n${canonical}`) ?? null, nowMs);
  }

  /** Every entry, also the expired ones. */
  entries(): ListEntry[] {
    return [...this.#entries.values()];
  }

  /** Forgets the entries that expired by an event time. O(size). Answers how many. */
  prune(nowMs: number): number {
    const before = this.#entries.size;
    for (const entry of this.entries()) if (!holds(entry, nowMs)) this.remove(entry.list, entry.kind, entry.value);
    return before - this.#entries.size;
  }

  /** Adds what of an event stands on a list at a time (ms). The country is that of the place, or else of the IP. */
  match(event: EventView, nowMs: number, hits: ListHits): void {
    if (this.#entries.size === 0) return;
    const exact = this.#exact;
    flag(exact.card, event.cardId, BITS.card, nowMs, hits);
    flag(exact.account, event.accountId, BITS.account, nowMs, hits);
    flag(exact.device, event.deviceId, BITS.device, nowMs, hits);
    flag(exact.merchant, event.merchantId, BITS.merchant, nowMs, hits);
    flag(exact.country, event.country === '' ? event.ipCountry : event.country, BITS.country, nowMs, hits);
    if (exact.bin.size > 0) {
      for (let digits = 6; digits <= Math.min(8, event.bin.length); digits++) {
        flag(exact.bin, event.bin.slice(0, digits), BITS.bin, nowMs, hits);
      }
    }
    if (exact.bin_merchant.size > 0 && event.merchantId !== '') {
      for (let digits = 6; digits <= Math.min(8, event.bin.length); digits++) {
        const value = `${event.bin.slice(0, digits)}@${event.merchantId}`;
        flag(exact.bin_merchant, value, BITS.bin_merchant, nowMs, hits);
      }
    }
    if (event.ip !== '') this.#matchAddress(event.ip, nowMs, hits);
  }

  #matchAddress(ip: string, nowMs: number, hits: ListHits): void {
    const hasNetworks = this.#networks4.size + this.#networks6.size > 0;
    if (this.#exact.ip.size === 0 && !hasNetworks) return;
    const canonical = canonicalAddress(ip);
    if (canonical !== null) flag(this.#exact.ip, canonical, BITS.ip, nowMs, hits);
    const groups = hasNetworks ? parseAddress(ip) : null;
    if (groups === null) return;
    for (const [prefixBits, table] of groups.length === 2 ? this.#networks4 : this.#networks6) {
      table.get(networkKey(groups, prefixBits))?.flag(hits, BITS.cidr, nowMs);
    }
  }

  #mark(list: ListName, kind: ListKind, canonical: string, entry: ListEntry | null): void {
    if (kind !== 'cidr') {
      markIn(this.#exact[kind], canonical, list, entry);
      return;
    }
    const network = parseNetwork(canonical);
    if (network === null) return;
    const byPrefix = network.groups.length === 2 ? this.#networks4 : this.#networks6;
    const table = byPrefix.get(network.prefixBits) ?? new Map<string | number, Marks>();
    byPrefix.set(network.prefixBits, table);
    markIn(table, networkKey(network.groups, network.prefixBits), list, entry);
    if (table.size === 0) byPrefix.delete(network.prefixBits);
  }
}

function flag(table: MarkTable, value: string, bit: number, nowMs: number, hits: ListHits): void {
  if (table.size > 0 && value !== '') table.get(value)?.flag(hits, bit, nowMs);
}

function markIn(table: MarkTable, key: string | number, list: ListName, entry: ListEntry | null): void {
  const marks = table.get(key) ?? new Marks();
  marks[list] = entry;
  if (marks.isEmpty) table.delete(key);
  else table.set(key, marks);
}
