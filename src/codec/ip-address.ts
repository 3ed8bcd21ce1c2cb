const IPV4_MAPPED_GROUP = 0xffff;

/** One decimal byte without leading zero that spans [from, to) of a text, or -1. */
function byteOf(text: string, from: number, to: number): number {
  const length = to - from;
  if (length < 1 || length > 3 || (length > 1 && text.charCodeAt(from) === 48)) return -1;
  let value = 0;
  for (let index = from; index < to; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= 255 ? value : -1;
}

/** The 32 bits of a dotted quad as a number, or -1. Four decimal bytes, no leading zeros (RFC 6943, 3.1.1). */
function ipv4Of(text: string): number {
  if (text.length < 7 || text.length > 15) return -1;
  let bits = 0;
  let from = 0;
  for (let part = 0; part < 4; part++) {
    const dot = text.indexOf('.', from);
    const to = part === 3 ? text.length : dot;
    if (to === -1 || (part === 3 && dot !== -1)) return -1;
    const byte = byteOf(text, from, to);
    if (byte === -1) return -1;
    bits = bits * 256 + byte;
    from = to + 1;
  }
  return bits;
}

/** 16-bit groups of a list of hexadecimal groups with, where `isLast`, a dotted quad at its end; null if it is none. */
function groupsOf(text: string, isLast: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (isLast && index === parts.length - 1 && part.includes('.')) {
      const bits = ipv4Of(part);
      if (bits === -1) return null;
      groups.push(Math.floor(bits / 65536), bits % 65536);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return null;
    }
  }
  return groups;
}

/** The eight groups of an IPv6 address (RFC 4291, 2.2), or null. A zone (`%eth0`) is no part of an address. */
export function ipv6Groups(text: string): number[] | null {
  if (text.length > 45) return null;
  const gap = text.indexOf('::');
  if (gap === -1) {
    const groups = groupsOf(text, true);
    return groups?.length === 8 ? groups : null;
  }
  const head = groupsOf(text.slice(0, gap), false);
  const tail = groupsOf(text.slice(gap + 2), true);
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? null : [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Text of eight groups as RFC 5952 wants it: lower case, the first longest run of two or more zero groups as `::`. */
function textOfGroups(groups: readonly number[]): string {
  let bestStart = -1;
  let bestLength = 1;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > bestLength) {
      bestStart = start;
      bestLength = length;
    }
  }
  const hex = groups.map((group) => group.toString(16));
  if (bestStart === -1) return hex.join(':');
  return `${hex.slice(0, bestStart).join(':')}::${hex.slice(bestStart + bestLength).join(':')}`;
}

/**
 * The one spelling of an address, so that one address is one entity; null where the text is no IP address. IPv4 as it
 * is, IPv6 as in RFC 5952, an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) as the IPv4 address that it stands for.
 */
export function canonicalIp(text: string): string | null {
  if (text.indexOf(':') === -1) return ipv4Of(text) === -1 ? null : text;
  const groups = ipv6Groups(text);
  if (groups === null) return null;
  const [, , , , , mark = 0, high = 0, low = 0] = groups;
  if (mark === IPV4_MAPPED_GROUP && groups.slice(0, 5).every((group) => group === 0)) {
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  return textOfGroups(groups);
}

/** Clears the bits of 16-bit groups after a prefix. */
function maskGroups(groups: readonly number[], prefix: number): number[] {
  return groups.map((group, index) => {
    const kept = Math.min(16, Math.max(0, prefix - index * 16));
    return group & (0xffff << (16 - kept)) & 0xffff;
  });
}

/**
 * The one spelling of a CIDR block: the canonical network address, bits after the prefix cleared, and the prefix
 * length; null where the text is none. An IPv4-mapped block of /96 or longer becomes the IPv4 block.
 */
export function canonicalCidr(text: string): string | null {
  const parts = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const address = parts?.[1] ?? '';
  const prefix = Number(parts?.[2] ?? Number.NaN);
  const bits = ipv4Of(address);
  if (bits !== -1) return prefix <= 32 ? ipv4Cidr(bits, prefix) : null;
  const groups = ipv6Groups(address);
  if (groups === null || !(prefix <= 128)) return null;
  const network = canonicalIp(textOfGroups(maskGroups(groups, prefix))) ?? '';
  return network.includes(':') ? `${network}/${prefix}` : `${network}/${prefix - 96}`;
}

function ipv4Cidr(bits: number, prefix: number): string {
  const [high = 0, low = 0] = maskGroups([Math.floor(bits / 65536), bits % 65536], prefix);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}/${prefix}`;
}
