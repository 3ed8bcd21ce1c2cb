/** Characters that a spreadsheet takes for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** One line of CSV after RFC 4180, its end included. Texts that a spreadsheet would run begin with an apostrophe. */
export function csvLine(values: readonly (string | number | boolean | null)[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}

function csvField(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Members of a row as fields: a list becomes its words, any other object JSON. */
export function csvValues(row: object, names: readonly string[]): readonly (string | number | boolean | null)[] {
  const members = new Map<string, unknown>(Object.entries(row));
  return names.map((name) => {
    const value = members.get(name);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
    if (Array.isArray(value)) return value.join(' ');
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : null;
  });
}
