import type { RuleFailure } from '../domain/decision.ts';
import { currencyExponent } from '../domain/money.ts';
import type { Ruleset } from './ruleset.ts';

/** An amount in the base currency: `amount` in major units, `amountMinor` rounded to whole minor units. */
export type BaseAmount = { readonly amount: number; readonly amountMinor: number; readonly isKnown: boolean };

const UNKNOWN: BaseAmount = Object.freeze({ amount: Number.NaN, amountMinor: 0, isKnown: false });

/**
 * Turns minor units of a currency into the ruleset's base currency. Without a rate the amount is NaN, so that no
 * condition on it is true, and adds 0 to the windows; `isKnown` tells, and the caller adds `unknownCurrencyFailure` to
 * the context's input failures.
 */
export function toBaseCurrency(ruleset: Ruleset, amountMinor: number, currency: string): BaseAmount {
  const { base, rates } = ruleset.currency;
  const exponent = currencyExponent(currency);
  const baseExponent = currencyExponent(base);
  const rate = currency === base ? 1 : Object.hasOwn(rates, currency) ? rates[currency] : undefined;
  if (exponent === null || baseExponent === null || rate === undefined) return UNKNOWN;
  if (rate === 1 && exponent === baseExponent) {
    return { amount: amountMinor / 10 ** exponent, amountMinor, isKnown: true };
  }
  const baseMinor = Math.round((amountMinor / 10 ** exponent) * rate * 10 ** baseExponent);
  return { amount: baseMinor / 10 ** baseExponent, amountMinor: baseMinor, isKnown: true };
}

/** What to record for a transaction whose currency has no rate: the decision is degraded, and at least this severe. */
export function unknownCurrencyFailure(ruleset: Ruleset, currency: string): RuleFailure {
  const { base } = ruleset.currency;
  return {
    ruleId: 'currency',
    message: `there is no rate from ${currency} to ${base}`,
    resolvedAs: ruleset.policy.unknownCurrency,
  };
}
