import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { PalisadeError } from '../../domain/errors.ts';

/**
 * Addresses that are not of the public internet (IANA special-purpose registries, RFC 6890 and successors): loopback,
 * private, link-local with the metadata services of clouds, shared, documentation, benchmarks, multicast, reserved, and
 * the IPv6 ranges that carry an IPv4 address inside.
 */
const NOT_PUBLIC: BlockList = listOf([
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
]);
/** Of IPv6 only global unicast is public, and of that not these. */
const GLOBAL_UNICAST: BlockList = listOf([['2000::', 3, 'ipv6']]);
const NOT_PUBLIC_6: BlockList = listOf([
  ['2001::', 23, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['3fff::', 20, 'ipv6'],
]);

function listOf(networks: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix, family] of networks) list.addSubnet(address, prefix, family);
  return list;
}

/** Whether an IP address is of the public internet. A text that is no address is not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !NOT_PUBLIC.check(address, 'ipv4');
  return family === 6 && GLOBAL_UNICAST.check(address, 'ipv6') && !NOT_PUBLIC_6.check(address, 'ipv6');
}

/** Resolves a host name to its addresses; rejects where there is none. */
export type Resolver = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** The resolver of the system. */
export const systemResolver: Resolver = (host) => lookup(host, { all: true, verbatim: true });

/**
 * The address to connect to, resolved once: what was checked is what is connected to, whatever the name says a moment
 * later. Rejects with CONFIG_INVALID where any of its addresses is not public and private ones are not allowed.
 */
export async function pinnedAddress(
  host: string,
  allowPrivate: boolean,
  resolve: Resolver = systemResolver,
): Promise<{ readonly address: string; readonly family: number }> {
  const bare = host.replace(/^\[|\]$/g, '');
  const family = isIP(bare);
  const addresses = family > 0 ? [{ address: bare, family }] : await resolve(bare);
  const first = addresses[0];
  if (first === undefined) throw new PalisadeError('CONFIG_INVALID', `Cannot reach ${host} as it has no address.`);
  const hidden = allowPrivate ? undefined : addresses.find(({ address }) => !isPublicAddress(address));
  if (hidden === undefined) return first;
  throw new PalisadeError(
    'CONFIG_INVALID',
    `Cannot send to ${host} as it is not of the public internet: ${hidden.address}. ` +
      'Set allow_private if it is meant.',
  );
}
