import type { TableSpec } from '../../src/ports/read-store.ts';

/** Changes whenever the same log would come to other rows. */
export const TIMELINES_VERSION = '2';

/** What happened to entities, but for decisions. `entities` has words like `card:tok-1`, `details` is a JSON object. */
export const HAPPENINGS_TABLE: TableSpec = {
  name: 'happenings',
  columns: [
    { name: 'position', type: 'integer' },
    { name: 'type', type: 'text' },
    { name: 'id', type: 'text' },
    { name: 'occurred_at', type: 'integer' },
    { name: 'recorded_at', type: 'integer' },
    { name: 'summary', type: 'text' },
    { name: 'details', type: 'text' },
    { name: 'entities', type: 'text' },
  ],
  key: ['position'],
  indexes: [['occurred_at']],
  orders: ['occurred_at'],
  words: ['type', 'id', 'entities'],
};

/** Which entities a saga is about: said when it starts, and true of all that it does later. */
export const SAGA_ENTITIES_TABLE: TableSpec = {
  name: 'saga_entities',
  columns: [
    { name: 'saga', type: 'text' },
    { name: 'saga_id', type: 'text' },
    { name: 'entities', type: 'text' },
  ],
  key: ['saga', 'saga_id'],
  indexes: [],
};
