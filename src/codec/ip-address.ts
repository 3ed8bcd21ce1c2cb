const IPV4_MAPPED_GROUP = 0xffff;
const COLON = 58;
const DOT = 46;

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

/** Value of a hexadecimal digit, or -1. */
function hexDigitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** Puts zero groups where `::` stood, so that there are eight; null where the count does not fit. */
function fillGap(groups: number[], gap: number): number[] | null {
  if (gap === -1) return groups.length === 8 ? groups : null;
  if (groups.length > 7) return null;
  const moved = groups.length - gap;
  while (groups.length < 8) groups.push(0);
  groups.copyWithin(8 - moved, gap, gap + moved);
  return groups.fill(0, gap, 8 - moved);
}

/** The eight groups of an IPv6 address (RFC 4291, 2.2), or null. A zone (`%eth0`) is no part of an address. */
export function ipv6Groups(text: string): number[] | null {
  const groups: number[] = [];
  let gap = -1;
  let value = 0;
  let digits = 0;
  // An address begins with a group or with both colons of the gap.
  const start = text.charCodeAt(0) === COLON ? 1 : 0;
  if (start === 1 && text.charCodeAt(1) !== COLON) return null;
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const digit = hexDigitOf(code);
    if (digit !== -1) {
      if (++digits > 4) return null;
      value = value * 16 + digit;
    } else if (code === COLON && digits === 0) {
      if (gap !== -1) return null;
      gap = groups.length;
    } else if (code === COLON) {
      if (index + 1 === text.length || groups.length === 8) return null;
      groups.push(value);
      value = 0;
      digits = 0;
    } else {
      const bits = code === DOT && groups.length <= 6 ? ipv4Of(text.slice(index - digits)) : -1;
      if (bits === -1) return null;
      groups.push(Math.floor(bits / 65536), bits % 65536);
      return fillGap(groups, gap);
    }
  }
  if (digits > 0) groups.push(value);
  return fillGap(groups, gap);
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
  let text = '';
  for (let index = 0; index < 8; index++) {
    if (index === bestStart) {
      text += '::';
      index += bestLength - 1;
    } else {
      const isAfterColon = index === 0 || index === bestStart + bestLength;
      text += (isAfterColon ? '' : ':') + (groups[index] ?? 0).toString(16);
    }
  }
  return text;
}

function isIpv4Mapped(groups: readonly number[]): boolean {
  for (let index = 0; index < 5; index++) if (groups[index] !== 0) return false;
  return groups[5] === IPV4_MAPPED_GROUP;
}

/**
 * The one spelling of an address, so that one address is one entity; null where the text is no IP address. IPv4 as it
 * is, IPv6 as in RFC 5952, an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) as the IPv4 address that it stands for.
 */
export function canonicalIp(text: string): string | null {
  if (text.indexOf(':') === -1) return ipv4Of(text) === -1 ? null : text;
  const groups = ipv6Groups(text);
  if (groups === null) return null;
  if (isIpv4Mapped(groups)) {
    const high = groups[6] ?? 0;
    const low = groups[7] ?? 0;
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
