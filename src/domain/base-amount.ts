import { currencyExponent } from './money.ts';

/** The rates of a ruleset: major units of a currency times its rate are major units of the base currency. */
export type BaseCurrency = { readonly base: string; readonly rates: Readonly<Record<string, number>> };

/** An amount in major units of the base currency; null where the currency has no rate or is not known. */
export function baseAmount(amountMinor: number, currency: string, { base, rates }: BaseCurrency): number | null {
  const exponent = currencyExponent(currency);
  const rate = currency === base ? 1 : rates[currency];
  return exponent === null || rate === undefined ? null : (amountMinor / 10 ** exponent) * rate;
}

const NO_CURRENCY: BaseCurrency = { base: '', rates: {} };

/** The currency that a projection stored as JSON text; one without a base or rates where it stored none. */
export function storedCurrency(text: unknown): BaseCurrency {
  return typeof text === 'string' ? JSON.parse(text) : NO_CURRENCY;
}
