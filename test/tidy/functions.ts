import { type Finding, lineAt, type SourceFile } from './project-files.ts';

const CONTROL = /(?:^|[^\w$.])(?:if|for|while|switch|catch|with|for\s+await)\s*$/;
const TYPE_GOES_ON = /(?:[:|&<,([]|=>|\b(?:is|extends|keyof|typeof|readonly|asserts))\s*$/;
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Offset of the bracket that closes the one at `open`, or the length of the code. */
function closingOf(code: string, open: number): number {
  const opening = code.charAt(open);
  const closing = CLOSING[opening];
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    const char = code.charAt(at);
    if (char === opening) depth++;
    if (char === closing && --depth === 0) return at;
  }
  return code.length;
}

function skipSpace(code: string, from: number): number {
  let at = from;
  while (/\s/.test(code.charAt(at))) at++;
  return at;
}

/** Offset of the brace that opens the body of a function whose parameters end before `from`, or null. */
function bodyAfter(code: string, from: number): number | null {
  let at = skipSpace(code, from);
  const typed = code.charAt(at) === ':';
  while (at < code.length) {
    const char = code.charAt(at);
    if (char === '{') {
      const before = code.slice(from, at);
      if (!typed || /=>\s*$/.test(before) || !TYPE_GOES_ON.test(before)) return at;
      at = closingOf(code, at);
    } else if (char === '(' || char === '[') {
      at = closingOf(code, at);
    } else if (code.startsWith('=>', at)) {
      const next = skipSpace(code, at + 2);
      if (code.charAt(next) === '{') return next;
      if (!typed) return null;
      at++;
    } else if (!typed || char === ';' || char === '}' || char === ')' || char === '=') {
      return null;
    }
    at++;
  }
  return null;
}

/** Functions with a body in braces: first line and number of lines. Those that only group tests are left out. */
function functionsOf(file: SourceFile): { line: number; lineCount: number }[] {
  const found: { line: number; lineCount: number }[] = [];
  for (let at = file.code.indexOf('('); at !== -1; at = file.code.indexOf('(', at + 1)) {
    const before = file.code.slice(Math.max(0, at - 80), at);
    if (CONTROL.test(before) || /\bdescribe\((?:[^()]*,)?\s*(?:async\s*)?$/.test(before)) continue;
    const body = bodyAfter(file.code, closingOf(file.code, at) + 1);
    if (body === null) continue;
    const line = lineAt(file.code, at);
    found.push({ line, lineCount: lineAt(file.code, closingOf(file.code, body)) - line + 1 });
  }
  return found;
}

/** Functions that are longer than `linesMax` lines. */
export function findLongFunctions(file: SourceFile, linesMax: number): Finding[] {
  return functionsOf(file)
    .filter(({ lineCount }) => lineCount > linesMax)
    .map(({ line, lineCount }) => `${file.path}:${line} has a function of ${lineCount} lines, ${linesMax} at most`);
}

const EXPORTED_FUNCTION =
  /^export\s+(?:(?:async\s+)?function\*?\s+([\w$]+)|const\s+([\w$]+)(?=[^\n]*=\s*(?:async\s*)?(?:<[^\n]*>)?\())/gm;

/** Whether a docstring stands straight above, or above the paragraph of exports that the offset stands in. */
function hasDocstring(text: string, offset: number): boolean {
  const above = text.slice(0, offset);
  return (
    /\*\/\s*$/.test(above) ||
    above
      .slice(Math.max(0, above.lastIndexOf('\n\n')))
      .trimStart()
      .startsWith('/**')
  );
}

/** Exported functions without a docstring. One may speak for several, with no blank line between them. */
export function findUndocumented(file: SourceFile): Finding[] {
  const seen = new Set<string>();
  return [...file.code.matchAll(EXPORTED_FUNCTION)].flatMap((match) => {
    const name = match[1] ?? match[2] ?? '';
    const isOverload = seen.has(name);
    seen.add(name);
    if (isOverload || hasDocstring(file.text, match.index)) return [];
    return [`${file.path}:${lineAt(file.code, match.index)} exports ${name} without a docstring`];
  });
}
