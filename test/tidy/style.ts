import { posix } from 'node:path';
import { type Finding, findEach, type ProjectFile, type SourceFile } from './project-files.ts';

/** Lines of a file, and columns of a line. */
export const FILE_LINES_MAX = 400;
export const LINE_COLUMNS_MAX = 120;

const FREE_OF_PORTS = /^(?:src\/adapters|src\/cli|bench|test|examples)\/|^(?:src\/main|console\/platform)\.ts$/;
const CASTS_ALLOWED = /^(?:src\/codec|test)\//;
const IMPORT_OR_EXPORT_LIST = /\b(?:import|export)\b(?:\s+type)?\s*(?:[\w$]+\s*,\s*)?(?:\{[^}]*\}|\*\s*as\s+[\w$]+)/g;

/** Files that are too long, and lines that are too wide. */
export function findOversize(file: ProjectFile): Finding[] {
  const lines = file.text.replace(/\n$/, '').split('\n');
  const wide = lines.flatMap((line, index) =>
    line.length > LINE_COLUMNS_MAX ? [`${file.path}:${index + 1} has ${line.length} columns`] : [],
  );
  return lines.length > FILE_LINES_MAX ? [`${file.path} has ${lines.length} lines`, ...wide] : wide;
}

const BANNED_CALL = new RegExp(
  [
    /\bDate\.now\b/,
    /\bnew\s+Date\s*\(\s*\)/,
    /(?<!new\s+)\bDate\s*\(/,
    /\bMath\.random\b/,
    /\b(?:randomUUID|randomInt|getRandomValues)\b/,
    /\bperformance\.\w+/,
    /\bprocess\.hrtime\b/,
    /\bset(?:Timeout|Interval|Immediate)\b/,
  ]
    .map((pattern) => pattern.source)
    .join('|'),
  'g',
);

/** Time, randomness and ids that did not come through a port. */
export function findBannedCalls(file: SourceFile): Finding[] {
  if (FREE_OF_PORTS.test(file.path)) return [];
  return findEach(file, file.code, BANNED_CALL, 'takes what a port must give');
}

/** `any`, casts, non-null marks and switched-off checks. */
export function findLooseTypes(file: SourceFile): Finding[] {
  const listsBlanked = file.code.replace(IMPORT_OR_EXPORT_LIST, (list) => list.replace(/[^\n]/g, ' '));
  const casts = CASTS_ALLOWED.test(file.path)
    ? []
    : [
        ...findEach(file, listsBlanked, /(?<![.\w$])as\s+(?!const\b)[\w$({['"`<-]+/g, 'casts'),
        ...findEach(file, listsBlanked, /[=(,]\s*<[A-Z][\w$<>[\]]*>\s*[a-z_$][\w$]*/g, 'casts'),
      ];
  return [
    ...findEach(file, file.code, /(?<![.\w$])any(?![\w$]|\s*[:(?])/g, 'uses the type'),
    ...findEach(file, file.code, /[\w$)\]]!(?!=)/g, 'asserts that a value is there'),
    ...findEach(file, file.text, /@ts-(?:ignore|expect-error|nocheck)|biome-(?:ignore)/g, 'switches a check off'),
    ...casts,
  ];
}

/** The runner of the tests takes a reporter by its default export. */
const REPORTER = 'test/support/failed-files.ts';

/** Exports that hide what a file gives: all of another file, or a nameless default. */
export function findLooseExports(file: SourceFile): Finding[] {
  if (file.path === REPORTER) return [];
  return findEach(file, file.code, /\bexport\s*\*|\bexport\s+default\b|\bas\s+default\b/g, 'exports without a name');
}

/** Timers inside a statechart: they do not fire after a restart, so a deadline has to be an event. */
export function findMachineTimers(file: SourceFile): Finding[] {
  if (!file.path.endsWith('.machine.ts')) return [];
  return findEach(file, file.uncommented, /(?<![\w$])(['"]?)after\1\s*:/g, 'has a timer in the machine');
}

/** Tests that are switched off, or that switch the others off. */
export function findDisabledTests(file: SourceFile): Finding[] {
  if (!file.path.startsWith('test/')) return [];
  return findEach(file, file.code, /\b(?:test|it|describe|suite)\.(?:only|skip|todo)\b/g, 'switches tests off');
}

const LEFTOVERS = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`, 'g');

/** Notes to oneself in any file. */
export function findLeftovers(file: ProjectFile): Finding[] {
  return findEach(file, file.text, LEFTOVERS, 'leaves work behind');
}

/** Words for which the project has another one; the glossary of CONTRIBUTING.md says which. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  grain: 'actor',
  blacklist: 'block list',
  whitelist: 'allow list',
  hydrate: 'rehydrate',
  dehydrate: 'passivate',
  utils: 'a name told by content',
  helpers: 'a name told by content',
};
const OTHER_WORD = new RegExp(
  `(?<![a-zA-Z])(?:${Object.keys(OTHER_WORDS).join('|')})(?:s|d|ed|ing|ion)?(?![a-z])`,
  'gi',
);

/** Second words for one idea, in code and comments. */
export function findOtherWords(file: SourceFile): Finding[] {
  return findEach(file, file.text, OTHER_WORD, 'uses a word that the glossary replaces');
}

const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*\.[tj]s$/;
const MAY_REPEAT = new Set(['mod.ts', 'main.ts']);

/** File names that are not kebab-case, and names that two files share. */
export function findNameClashes(paths: readonly string[]): Finding[] {
  const firstPath = new Map<string, string>();
  return paths.flatMap((path) => {
    const name = posix.basename(path);
    if (!KEBAB_CASE.test(name)) return [`${path} is not kebab-case`];
    const first = firstPath.get(name);
    firstPath.set(name, first ?? path);
    return first === undefined || MAY_REPEAT.has(name) ? [] : [`${path} has the name of ${first}`];
  });
}

const MACHINE_PLACE = new RegExp(
  [
    `(?<![\\w./-])/(?:${['wo' + 'rk', 'ho' + 'me', 'Us' + 'ers', 'fa' + 'rm', 'ro' + 'ot', 't' + 'mp'].join('|')})/`,
    'registry\\.npm' + 'js',
    'npm\\.pkg\\.' + 'github',
    'repo1?\\.ma' + 'ven',
    'deb\\.deb' + 'ian',
    'registry\\.ya' + 'rnpkg',
  ].join('|'),
  'g',
);

/** Paths of one machine and hosts of package registries. */
export function findMachinePlaces(file: ProjectFile): Finding[] {
  return findEach(file, file.text, MACHINE_PLACE, 'names a place that others do not have');
}
