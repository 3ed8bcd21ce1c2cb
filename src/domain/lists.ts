/** Precedence, strongest first: a block hit declines, then an allow hit approves, a watch hit only scores. */
export const LIST_NAMES = ['block', 'allow', 'watch'] as const;
export type ListName = (typeof LIST_NAMES)[number];

export const LIST_KINDS = [
  'card',
  'account',
  'device',
  'ip',
  'cidr',
  'merchant',
  'bin',
  'country',
  'bin_merchant',
] as const;
export type ListKind = (typeof LIST_KINDS)[number];

/** One entry. `expiresAtMs` null means that it stays until it is removed. */
export type ListEntry = {
  readonly list: ListName;
  readonly kind: ListKind;
  readonly value: string;
  readonly expiresAtMs: number | null;
  readonly note: string;
};

/** One rule switched off for one entity until a time, by event time. */
export type Suppression = {
  readonly ruleId: string;
  /** `card`, `account`, `device`, `merchant` or `ip`, and its id. */
  readonly kind: string;
  readonly id: string;
  readonly untilMs: number;
  readonly note: string;
  /** Id of the key that set it; '' where calls need none, absent in records of before it was told. */
  readonly by?: string;
};
