/** Every bound of the engine that is not a setting, in one place. */
export const BODY_BYTES_MAX = 64 * 1024;
export const BATCH_BYTES_MAX = 8 * 1024 * 1024;
export const BATCH_LINES_MAX = 10_000;
export const JSON_DEPTH_MAX = 8;
export const JSON_KEYS_MAX = 128;
export const ID_LENGTH_MAX = 128;
export const TEXT_LENGTH_MAX = 256;
export const ATTRIBUTES_MAX = 32;
/** Values that each stated attribute of an entity keeps, for events that are older than the newest of them. */
export const STATEMENTS_MAX = 32;
export const AMOUNT_MINOR_MAX = 1e13;
export const FUTURE_SKEW_MS_MAX = 5 * 60_000;
/** Events that a window keeps one by one; older ones are folded into panes. */
export const EXACT_EVENTS_MAX = 512;
/** Panes that a window is cut into for the events beyond the exact ones. */
export const PANES_PER_WINDOW = 64;
/** Distinct values that a feature counts exactly; beyond it the count is a lower bound. */
export const DISTINCT_VALUES_MAX = 256;
export const WINDOW_SIZE_MS_MAX = 90 * 24 * 3_600_000;
export const RULES_MAX = 500;
export const FEATURES_MAX = 500;
export const RULESET_BYTES_MAX = 1024 * 1024;
export const LIST_ENTRIES_MAX = 1_000_000;
export const TABLES_MAX = 64;
export const TABLE_COLUMNS_MAX = 32;
/** Versions of rows that all tables hold in memory: about 250 bytes each at four columns. */
export const TABLE_VERSIONS_MAX = 1_000_000;
export const TABLE_KEEP_MS_MAX = 3650 * 24 * 3_600_000;
/** Numbers in one metric event, and how large one may be. */
export const METRICS_MAX = 64;
export const METRIC_ABSOLUTE_MAX = 1e15;
export const VIEWS_MAX = 100;
export const VIEW_AGGREGATES_MAX = 32;
/** Windows that one event of a view belongs to: the size of a hopping window over its step. */
export const HOPS_MAX = 1440;
/** Newest changes that are kept of a view. */
export const VIEW_CHANGES_MAX = 100_000;
