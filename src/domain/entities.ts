/** The kinds of entity that every event is kept for. None has a hyphen: the first hyphen of a stream name ends it. */
export const ENTITY_KINDS = ['card', 'account', 'device', 'merchant', 'ip'] as const;

export type EntityKind = (typeof ENTITY_KINDS)[number];

/** What an event may be kept by: the kinds of entity, the beginning of a card number, and the place of a payment. */
export const SINGLE_KEYS = [...ENTITY_KINDS, 'bin', 'country'] as const;

export type SingleKey = (typeof SINGLE_KEYS)[number];

/** Every pair of single keys, in their order: `card_merchant`, never `merchant_card`. */
export const PAIR_KEYS = [
  ...(['card_account', 'card_device', 'card_merchant', 'card_ip', 'card_bin', 'card_country'] as const),
  ...(['account_device', 'account_merchant', 'account_ip', 'account_bin', 'account_country'] as const),
  ...(['device_merchant', 'device_ip', 'device_bin', 'device_country'] as const),
  ...(['merchant_ip', 'merchant_bin', 'merchant_country', 'ip_bin', 'ip_country', 'bin_country'] as const),
] as const;

export type PairKey = (typeof PAIR_KEYS)[number];

/**
 * Everything that has an actor, and features. Those beyond the kinds of entity have one only where a feature of the
 * ruleset is kept by them.
 */
export const ACTOR_KINDS = [...SINGLE_KEYS, ...PAIR_KEYS] as const;

export type ActorKind = (typeof ACTOR_KINDS)[number];

/** Something for every kind of actor. */
export function perActorKind<Value>(make: (kind: ActorKind) => Value): Record<ActorKind, Value> {
  return {
    card: make('card'),
    account: make('account'),
    device: make('device'),
    merchant: make('merchant'),
    ip: make('ip'),
    bin: make('bin'),
    country: make('country'),
    card_account: make('card_account'),
    card_device: make('card_device'),
    card_merchant: make('card_merchant'),
    card_ip: make('card_ip'),
    card_bin: make('card_bin'),
    card_country: make('card_country'),
    account_device: make('account_device'),
    account_merchant: make('account_merchant'),
    account_ip: make('account_ip'),
    account_bin: make('account_bin'),
    account_country: make('account_country'),
    device_merchant: make('device_merchant'),
    device_ip: make('device_ip'),
    device_bin: make('device_bin'),
    device_country: make('device_country'),
    merchant_ip: make('merchant_ip'),
    merchant_bin: make('merchant_bin'),
    merchant_country: make('merchant_country'),
    ip_bin: make('ip_bin'),
    ip_country: make('ip_country'),
    bin_country: make('bin_country'),
  };
}

/** Name of an event stream: `<kind>-<id>`, or a single word for streams that belong to no entity (`lists`). */
export type StreamName = string;

/** Revision of the last event in a stream; the first event has revision 0. */
export type Revision = number;

/** Expected revision of a stream that must not exist yet. */
export const NO_STREAM = -1;

/** Place of a record in the whole log; the first record has position 1. */
export type Position = number;

/** Builds the stream name of an actor. The id was checked at the edge: not empty, no control characters. */
export function streamOf(kind: ActorKind, id: string): StreamName {
  return `${kind}-${id}`;
}

/** Splits a stream name into kind and id, or answers null where it names no actor. */
export function parseStream(stream: StreamName): { kind: ActorKind; id: string } | null {
  const hyphen = stream.indexOf('-');
  if (hyphen < 1 || hyphen === stream.length - 1) return null;
  const kind = ACTOR_KINDS.find((candidate) => candidate === stream.slice(0, hyphen));
  return kind === undefined ? null : { kind, id: stream.slice(hyphen + 1) };
}

/**
 * Id of a pair, `left+right`. A plus or per cent sign inside an id is written %2B or %25, so that no two pairs have one
 * id.
 */
export function pairId(left: string, right: string): string {
  return `${escapePart(left)}+${escapePart(right)}`;
}

function escapePart(id: string): string {
  if (!id.includes('+') && !id.includes('%')) return id;
  return id.replaceAll('%', '%25').replaceAll('+', '%2B');
}
