import type { TableSpec } from '../../src/ports/read-store.ts';

/** Changes whenever the same log would come to other rows. */
export const LINKS_VERSION = '1';

/**
 * Two entities that one event named: card, account, device and address, with each other. Merchants link strangers.
 * The left one is of the kind that comes first. A link is written anew on the first event of a day, not on each.
 */
export const LINKS_TABLE: TableSpec = {
  name: 'links',
  columns: [
    { name: 'left_kind', type: 'text' },
    { name: 'left_id', type: 'text' },
    { name: 'right_kind', type: 'text' },
    { name: 'right_id', type: 'text' },
    { name: 'since', type: 'integer' },
    { name: 'last_day', type: 'integer' },
  ],
  key: ['left_kind', 'left_id', 'right_kind', 'right_id'],
  indexes: [['right_kind', 'right_id', 'left_kind', 'left_id']],
};

export const DAY_MS = 86_400_000;
