import type { BaseCurrency } from '../domain/base-amount.ts';

/** Reads the currencies of a published ruleset out of its text; none where it cannot be read. */
export type CurrencyOf = (rulesetText: string) => BaseCurrency;
