/** A column of a printed table: its heading, and where its cells lean. */
export type Column = { readonly title: string; readonly align: 'left' | 'right' };

function pad(text: string, width: number, align: Column['align']): string {
  return align === 'left' ? text.padEnd(width) : text.padStart(width);
}

/** Lays rows out under headings with a rule between, each line indented by two spaces. Missing cells are empty. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, index) => `  ${pad(cells[index] ?? '', widths[index] ?? 0, column.align)}`)
      .join('')
      .trimEnd();
  const rule = `  ${widths.map((width) => '-'.repeat(width)).join('  ')}`;
  return [line(columns.map((column) => column.title)), rule, ...rows.map(line)].map((text) => `${text}\n`).join('');
}
