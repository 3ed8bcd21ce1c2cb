import { type ActorKind, ENTITY_KINDS, type PairKey, pairId, type SingleKey } from '../domain/entities.ts';
import type { DeviceSignal, Login, Transaction } from '../domain/events.ts';

/** What the features of a ruleset are kept by beyond the kinds of entity, with the parts of each. */
export type ExtraKey = { readonly kind: ActorKind; readonly parts: readonly [SingleKey, SingleKey?] };

/** An event that may have actors of any kind. */
export type KeyedEvent = Transaction | Login | DeviceSignal;

const PARTS: Readonly<Record<PairKey | 'bin' | 'country', readonly [SingleKey, SingleKey?]>> = {
  bin: ['bin'],
  country: ['country'],
  card_account: ['card', 'account'],
  card_device: ['card', 'device'],
  card_merchant: ['card', 'merchant'],
  card_ip: ['card', 'ip'],
  card_bin: ['card', 'bin'],
  card_country: ['card', 'country'],
  account_device: ['account', 'device'],
  account_merchant: ['account', 'merchant'],
  account_ip: ['account', 'ip'],
  account_bin: ['account', 'bin'],
  account_country: ['account', 'country'],
  device_merchant: ['device', 'merchant'],
  device_ip: ['device', 'ip'],
  device_bin: ['device', 'bin'],
  device_country: ['device', 'country'],
  merchant_ip: ['merchant', 'ip'],
  merchant_bin: ['merchant', 'bin'],
  merchant_country: ['merchant', 'country'],
  ip_bin: ['ip', 'bin'],
  ip_country: ['ip', 'country'],
  bin_country: ['bin', 'country'],
};

/** The keys among the kinds of a ruleset that are no kinds of entity, in the order of kinds. */
export function extraKeysOf(kinds: readonly ActorKind[]): ExtraKey[] {
  return kinds.flatMap((kind) => (isExtra(kind) ? { kind, parts: PARTS[kind] } : []));
}

function isExtra(kind: ActorKind): kind is PairKey | 'bin' | 'country' {
  return !ENTITY_KINDS.some((entity) => entity === kind);
}

function singleIdOf(event: KeyedEvent, key: SingleKey): string | undefined {
  switch (key) {
    case 'card':
      return 'cardId' in event ? event.cardId : undefined;
    case 'account':
      return event.accountId;
    case 'device':
      return event.deviceId;
    case 'merchant':
      return 'merchantId' in event ? event.merchantId : undefined;
    case 'ip':
      return event.ip;
    case 'bin':
      return 'bin' in event ? event.bin : undefined;
    case 'country':
      return 'country' in event ? event.country : undefined;
  }
}

/** Id of the actor of a key that an event belongs to; undefined where it lacks a part. */
export function keyIdOf(event: KeyedEvent, { parts }: ExtraKey): string | undefined {
  const [first, second] = parts;
  const left = singleIdOf(event, first);
  if (left === undefined || second === undefined) return left;
  const right = singleIdOf(event, second);
  return right === undefined ? undefined : pairId(left, right);
}
