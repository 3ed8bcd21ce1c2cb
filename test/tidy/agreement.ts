import type { Finding } from './project-files.ts';

/** What both runtimes are told about the project. */
export type Manifest = {
  readonly version?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly tasks?: Readonly<Record<string, string>>;
};

const SHARED_COMMANDS = ['start', 'demo', 'palisade', 'test', 'check'];

/** What a command line runs: its TypeScript files, patterns of them, and the words after the first one. */
function entryOf(command: string | undefined): string | null {
  if (command === undefined) return null;
  const words = command.replaceAll('"', '').split(/\s+/);
  const first = words.findIndex((word) => (word.endsWith('.ts') && !word.startsWith('-')) || word === '.');
  return first === -1 ? null : words.slice(first).join(' ');
}

/** Where package.json and deno.json tell another version, lack a command, or start another file for it. */
export function findDisagreements(packageJson: Manifest, denoJson: Manifest): Finding[] {
  const version =
    packageJson.version === denoJson.version
      ? []
      : [`package.json has version ${packageJson.version} and deno.json ${denoJson.version}`];
  const commands = SHARED_COMMANDS.flatMap((name) => {
    const script = entryOf(packageJson.scripts?.[name]);
    const task = entryOf(denoJson.tasks?.[name]);
    if (script === null || task === null) return [`${name} is missing in package.json or in deno.json`];
    return script === task ? [] : [`${name} runs ${script} by npm and ${task} by deno`];
  });
  return [...version, ...commands];
}

/** Dependencies whose version is a range. */
export function findRanges(dependencies: Readonly<Record<string, string>>): Finding[] {
  return Object.entries(dependencies)
    .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${name} is not pinned: ${version}`);
}

type ErrorTable = Readonly<Record<string, { readonly status: number; readonly retry: string }>>;

const ERROR_SECTION = /^### `(\w+)`\n\n\*\*HTTP (\d+), retry: (\w+)\.\*\* (\S.*)$/gm;

/** Where the table of errors and the page that explains them tell different things. */
export function findErrorGaps(table: ErrorTable, page: string): Finding[] {
  const told = new Map(
    [...page.matchAll(ERROR_SECTION)].map((match) => [match[1] ?? '', `${match[2]} ${match[3]}`] as const),
  );
  const headings = [...page.matchAll(/^### (.*)$/gm)].map((match) => (match[1] ?? '').replaceAll('`', ''));
  return [
    ...Object.entries(table).flatMap(([code, { status, retry }]) => {
      const entry = told.get(code);
      if (entry === undefined) return [`docs/errors.md does not explain ${code}`];
      return entry === `${status} ${retry}` ? [] : [`docs/errors.md tells ${entry} for ${code}: ${status} ${retry}`];
    }),
    ...headings
      .filter((code) => table[code] === undefined)
      .map((code) => `docs/errors.md explains ${code}, which no error has`),
  ];
}
