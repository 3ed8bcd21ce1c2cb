import type { TableSpec } from '../../src/ports/read-store.ts';

const ID_OF = (column: string, kind: string): string =>
  `LEFT JOIN {entities} ${column} ON ${column}.number = l.${column} AND ${column}.kind = '${kind}'`;

/**
 * Card, account, device and address that events named together, by their numbers among the entities; 0 for one that was
 * not named. Merchants link strangers. A row says when it was first, and the last day, so that most events change none.
 */
export const LINKS_TABLE: TableSpec = {
  name: 'links',
  columns: [
    { name: 'card', type: 'integer' },
    { name: 'account', type: 'integer' },
    { name: 'device', type: 'integer' },
    { name: 'ip', type: 'integer' },
    { name: 'since', type: 'integer', fold: 'min' },
    { name: 'last_day', type: 'integer', fold: 'max' },
  ],
  key: ['card', 'account', 'device', 'ip'],
  indexes: [['account'], ['device'], ['ip']],
  shownAs:
    'SELECT card.id AS card_id, account.id AS account_id, device.id AS device_id, ip.id AS ip, l.since, l.last_day ' +
    `FROM {links} l ${ID_OF('card', 'card')} ${ID_OF('account', 'account')} ${ID_OF('device', 'device')} ` +
    ID_OF('ip', 'ip'),
};

export const DAY_MS = 86_400_000;
