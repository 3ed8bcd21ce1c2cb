import { isIPv4, isIPv6 } from 'node:net';

/** An address as 16-bit groups: two for IPv4, eight for IPv6. */
export type AddressGroups = readonly number[];

function groupsOfIpv4(text: string): number[] {
  const [first = 0, second = 0, third = 0, fourth = 0] = text.split('.').map(Number);
  return [first * 256 + second, third * 256 + fourth];
}

function groupsOfPart(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => (group.includes('.') ? groupsOfIpv4(group) : [Number.parseInt(group, 16)]));
}

/**
 * Groups of an IP address in any spelling; null where the text is none. An IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2)
 * is the IPv4 address that it stands for.
 */
export function parseAddress(text: string): AddressGroups | null {
  if (isIPv4(text)) return groupsOfIpv4(text);
  if (!isIPv6(text) || text.includes('%')) return null;
  const [head = '', tail] = text.split('::');
  const before = groupsOfPart(head);
  const after = tail === undefined ? [] : groupsOfPart(tail);
  const groups = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped ? groups.slice(6) : groups;
}

/** Bits before the IPv4 address in an IPv4-mapped IPv6 address. */
const MAPPED_PREFIX_BITS = 96;

/** Groups with the bits after a prefix cleared. */
function masked(groups: AddressGroups, prefixBits: number): number[] {
  return groups.map((group, index) => {
    const kept = Math.min(16, Math.max(0, prefixBits - index * 16));
    return group & (0xffff << (16 - kept)) & 0xffff;
  });
}

/** Key of the network that an address belongs to: two addresses have the same key where their prefixes are equal. */
export function networkKey(groups: AddressGroups, prefixBits: number): number | string {
  const kept = masked(groups, prefixBits);
  return groups.length === 2 ? (kept[0] ?? 0) * 65536 + (kept[1] ?? 0) : kept.join(':');
}

/** One spelling for each address: dotted quad, or eight hexadecimal groups; null where the text is none. */
export function canonicalAddress(text: string): string | null {
  const groups = parseAddress(text);
  if (groups === null) return null;
  if (groups.length === 8) return groups.map((group) => group.toString(16)).join(':');
  return groups.flatMap((group) => [group >> 8, group & 255]).join('.');
}

export type Network = { readonly groups: AddressGroups; readonly prefixBits: number };

/** A network in CIDR notation (RFC 4632, RFC 4291), host bits cleared; null where the text is none. */
export function parseNetwork(text: string): Network | null {
  const slash = text.lastIndexOf('/');
  const digits = text.slice(slash + 1);
  if (slash === -1 || !/^(0|[1-9][0-9]{0,2})$/.test(digits)) return null;
  const groups = parseAddress(text.slice(0, slash));
  if (groups === null) return null;
  const isMapped = groups.length === 2 && text.includes(':');
  const prefixBits = Number(digits) - (isMapped ? MAPPED_PREFIX_BITS : 0);
  if (prefixBits < 0 || prefixBits > groups.length * 16) return null;
  return { groups: masked(groups, prefixBits), prefixBits };
}
