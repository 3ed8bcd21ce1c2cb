import { currencyExponent } from '../domain/money.ts';

/** Whole number with thousands separators. */
export function countText(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Share of a whole in percent with one decimal; a dash where the whole is nothing. */
export function percentText(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)}%`;
}

/** Amount in minor units as people write it: `EUR 1,234.50`. */
export function moneyText(amountMinor: number, currency: string): string {
  const exponent = currencyExponent(currency) ?? 2;
  const major = amountMinor / 10 ** exponent;
  const digits = { minimumFractionDigits: exponent, maximumFractionDigits: exponent };
  return `${currency} ${major.toLocaleString('en-US', digits)}`;
}

/** Milliseconds with as many decimals as are of use. */
export function millisecondsText(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}
