import type { TableSpec } from '../../src/ports/read-store.ts';

/** Changes whenever the same log would come to other rows. */
export const RULES_VERSION = '1';

/** One row for each rule of each version of the ruleset that found something. */
export const RULES_TABLE: TableSpec = {
  name: 'rules',
  columns: [
    { name: 'ruleset_version', type: 'text' },
    { name: 'rule_id', type: 'text' },
    { name: 'hits', type: 'integer' },
    { name: 'shadow_hits', type: 'integer' },
    { name: 'failures', type: 'integer' },
    { name: 'amount_stopped', type: 'real' },
    { name: 'fraud_labels', type: 'integer' },
    { name: 'legitimate_labels', type: 'integer' },
    { name: 'shadow_disagreements', type: 'integer' },
    { name: 'sole_hits', type: 'integer' },
  ],
  key: ['ruleset_version', 'rule_id'],
  indexes: [],
};

/** Decisions that two rules hit both, acting or in the shadow; the left id comes first. */
export const OVERLAPS_TABLE: TableSpec = {
  name: 'overlaps',
  columns: [
    { name: 'ruleset_version', type: 'text' },
    { name: 'left_rule', type: 'text' },
    { name: 'right_rule', type: 'text' },
    { name: 'both', type: 'integer' },
  ],
  key: ['ruleset_version', 'left_rule', 'right_rule'],
  indexes: [],
};

/** What was found of a transaction, so that a label, or the answer past a deadline, finds its rules. */
export const HITS_TABLE: TableSpec = {
  name: 'hits',
  columns: [
    { name: 'transaction_id', type: 'text' },
    { name: 'ruleset_version', type: 'text' },
    { name: 'rules', type: 'text' },
    { name: 'label', type: 'text' },
  ],
  key: ['transaction_id'],
  indexes: [],
};

/** The rates in force, one row with the id 1. */
export const CURRENCY_TABLE: TableSpec = {
  name: 'currency',
  columns: [
    { name: 'id', type: 'integer' },
    { name: 'rates', type: 'text' },
  ],
  key: ['id'],
  indexes: [],
};
