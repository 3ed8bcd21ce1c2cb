import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { maskSource } from './mask-source.ts';

/** A file of the project: its path from the root with slashes, and its text. */
export type ProjectFile = { readonly path: string; readonly text: string };

/** A TypeScript file with what the checks read: without comments, and without comments and texts. */
export type SourceFile = ProjectFile & { readonly uncommented: string; readonly code: string };

/** What a check found: where, and what is wrong. */
export type Finding = string;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SKIPPED_FOLDERS = new Set(['.git', 'node_modules', ...ignoredFolders()]);

function ignoredFolders(): string[] {
  const lines = readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n');
  return lines.filter((line) => line.endsWith('/')).map((line) => line.slice(0, -1));
}

function pathsUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : pathsUnder(path);
    // In a worktree of git, .git is a file.
    return entry.isFile() && entry.name !== '.git' ? [relative(ROOT, path).split(sep).join('/')] : [];
  });
}

/** Text of one file of the project. Throws where it is missing. */
export function readProjectFile(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Every path of the project but what git ignores, sorted. */
export function listProjectPaths(): readonly string[] {
  return pathsUnder(ROOT).sort();
}

/** A source file made of a path and a text, as the checks read it. */
export function toSourceFile(path: string, text: string): SourceFile {
  return {
    path,
    text,
    uncommented: maskSource(text, 'comments'),
    code: maskSource(text, 'comments-and-texts'),
  };
}

/** Number of the line, from 1, that an offset of the text stands in. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** One finding for every match of a global pattern in a text that has the offsets of the file. */
export function findEach(file: ProjectFile, text: string, pattern: RegExp, message: string): Finding[] {
  return [...text.matchAll(pattern)].map(
    (match) => `${file.path}:${lineAt(text, match.index)} ${message}: ${match[0].trim()}`,
  );
}
