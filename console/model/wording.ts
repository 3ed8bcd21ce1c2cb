const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });

/** A number with its thousands parted, two decimals at most. */
export function numberText(value: number): string {
  return NUMBER.format(value);
}

/** A number that has to be short: 12.3K. */
export function compactText(value: number): string {
  return Math.abs(value) < 10_000 ? NUMBER.format(value) : COMPACT.format(value);
}

/** A share as a percentage; a dash where the whole is nothing. */
export function shareText(part: number, whole: number): string {
  return whole === 0 ? '–' : PERCENT.format(part / whole);
}

/** A time in milliseconds, with as many digits as tell something. */
export function millisText(ms: number | null): string {
  if (ms === null) return '–';
  if (ms >= 1000) return `${NUMBER.format(Math.round(ms / 10) / 100)} s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** An amount in minor units, in the digits that its currency has. A code that no list has is shown as it is. */
export function moneyText(amountMinor: number, currency: string): string {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    return format.format(amountMinor / 10 ** digits).replaceAll('\u00a0', ' ');
  } catch {
    return `${NUMBER.format(amountMinor)} ${currency}`;
  }
}

/** A value of evidence, an attribute or a column. */
export function valueText(value: unknown): string {
  if (typeof value === 'number')
    return Number.isInteger(value) ? NUMBER.format(value) : String(Number(value.toPrecision(6)));
  if (value === null || value === undefined || value === '') return '–';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The words of a name with underscores or hyphens, the first with a capital. */
export function titleText(name: string): string {
  const words = name.replaceAll(/[_-]+/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** An id that is too long for its place, with its middle left out. */
export function shortText(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const tail = Math.floor((lengthMax - 1) / 3);
  return `${text.slice(0, lengthMax - 1 - tail)}…${text.slice(-tail)}`;
}
