/** A line of a comparison: kept, added or removed. */
export type ChangedLine = { readonly kind: 'kept' | 'added' | 'removed'; readonly text: string };

/** More lines than these on both sides are compared as a whole: the table of the comparison would not fit. */
const LINES_MAX = 2_000;

/**
 * The lines that differ between two texts, by the longest common subsequence of the part between what they begin and
 * end with in common. O(lines²) of that part in time and memory.
 */
export function changesBetween(before: string, after: string): readonly ChangedLine[] {
  const [one, other] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < one.length && start < other.length && one[start] === other[start]) start++;
  let end = 0;
  while (end < one.length - start && end < other.length - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  const middle = compared(one.slice(start, one.length - end), other.slice(start, other.length - end));
  return [...kept(one.slice(0, start)), ...middle, ...kept(one.slice(one.length - end))];
}

/** Only what changed, with a few lines around it; null marks what is left out. */
export function withContext(lines: readonly ChangedLine[], around: number): readonly (ChangedLine | null)[] {
  const near = new Set<number>();
  for (const [index, { kind }] of lines.entries()) {
    if (kind === 'kept') continue;
    for (let each = index - around; each <= index + around; each++) near.add(each);
  }
  const shown: (ChangedLine | null)[] = [];
  for (const [index, line] of lines.entries()) {
    if (near.has(index)) shown.push(line);
    else if (shown.at(-1) !== null) shown.push(null);
  }
  return shown;
}

function compared(one: readonly string[], other: readonly string[]): ChangedLine[] {
  if (one.length > LINES_MAX || other.length > LINES_MAX) return [...marked(one, 'removed'), ...marked(other, 'added')];
  const width = other.length + 1;
  const common = new Uint16Array((one.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = one.length - 1; row >= 0; row--) {
    for (let column = other.length - 1; column >= 0; column--) {
      common[row * width + column] =
        one[row] === other[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: ChangedLine[] = [];
  let [row, column] = [0, 0];
  while (row < one.length && column < other.length) {
    const [text = '', added = ''] = [one[row], other[column]];
    if (text === added) {
      lines.push({ kind: 'kept', text });
      row++;
      column++;
    } else if (at(row + 1, column) >= at(row, column + 1)) {
      lines.push({ kind: 'removed', text });
      row++;
    } else {
      lines.push({ kind: 'added', text: added });
      column++;
    }
  }
  return [...lines, ...marked(one.slice(row), 'removed'), ...marked(other.slice(column), 'added')];
}

function kept(lines: readonly string[]): ChangedLine[] {
  return marked(lines, 'kept');
}

function marked(lines: readonly string[], kind: ChangedLine['kind']): ChangedLine[] {
  return lines.map((text) => ({ kind, text }));
}
