import { posix } from 'node:path';
import { lineAt, type SourceFile } from './project-files.ts';

/** One import of a file: what it names, the project path that this means (null for a package), and how. */
export type Import = {
  readonly specifier: string;
  readonly target: string | null;
  readonly typeOnly: boolean;
  readonly line: number;
};

const STATIC = /(?:^|[;}\n])\s*((?:import|export)\b[^;'"]*?\bfrom\s*|import\s*)(['"])/g;
const DYNAMIC = /\b(?:import|new\s+(URL))\s*\(\s*['"]/g;

function quotedAt(file: SourceFile, offset: number): string {
  const quote = file.uncommented.charAt(offset);
  return file.uncommented.slice(offset + 1, file.uncommented.indexOf(quote, offset + 1));
}

function toImport(file: SourceFile, offset: number, typeOnly: boolean): Import {
  const specifier = quotedAt(file, offset);
  const target = specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : null;
  return { specifier, target, typeOnly, line: lineAt(file.code, offset) };
}

/** What a file imports, re-exports, loads by `import()` or names by `new URL()`, in the order of the text. */
export function importsOf(file: SourceFile): readonly Import[] {
  const fixed = [...file.code.matchAll(STATIC)].map((match) =>
    toImport(file, match.index + match[0].length - 1, /^(?:import|export)\s+type\b/.test(match[1] ?? '')),
  );
  const loaded = [...file.code.matchAll(DYNAMIC)].flatMap((match) => {
    const entry = toImport(file, match.index + match[0].length - 1, false);
    return match[1] === 'URL' && entry.target === null ? [] : [entry];
  });
  return [...fixed, ...loaded];
}

/** Every import cycle, named once by its files. Type imports count: two rooms that need each other's words are one. */
export function findCycles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const cycles = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) cycles.add([...trail.slice(start), path].join(' -> '));
    const file = byPath.get(path);
    if (start !== -1 || done.has(path) || file === undefined) return;
    for (const { target } of importsOf(file)) if (target !== null) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const file of files) visit(file.path, []);
  return [...cycles];
}

/** The files that none of the entry files reaches, directly or through others. */
export function findDeadFiles(files: readonly SourceFile[], isEntry: (path: string) => boolean): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const pending = files.map((file) => file.path).filter(isEntry);
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    pending.push(...importsOf(file).flatMap(({ target }) => (target === null ? [] : [target])));
  }
  return files.map((file) => file.path).filter((path) => !reached.has(path));
}
