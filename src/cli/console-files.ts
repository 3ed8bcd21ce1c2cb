import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { ConsoleFile, ConsoleFiles } from '../http/console-page.ts';

const FOLDER = new URL('../../console/', import.meta.url);

/** What the modules of the console import by name, and where its package keeps it. */
const LIBRARIES: Readonly<Record<string, string>> = {
  preact: 'preact',
  'preact/hooks': 'preact/hooks',
  '@preact/signals': '@preact/signals',
  '@preact/signals-core': '@preact/signals-core',
  htm: 'htm',
  'htm/preact': 'htm/preact',
  uplot: 'uplot/dist/uPlot.esm.js',
};

/** Other files of packages, by the name that they are served under. */
const EXTRAS: Readonly<Record<string, string>> = {
  'lib/uplot.css': 'uplot/dist/uPlot.min.css',
  'lib/countries.json': 'world-atlas/countries-110m.json',
};

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  ts: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
};

const NAMED_IMPORT = /(\bfrom\s*|\bimport\s*)(["'])([^."'/][^"']*)\2/g;
const MODULE_MARK = '<!-- modules -->';

/**
 * Makes the console's files ready to be served, each when it is first asked for: types are stripped from its modules,
 * and what they import from packages is given the address under which this server has it. So nothing is built, nothing
 * is written to disk and nothing comes from elsewhere. Only files found at the start are served: a path opens nothing.
 */
export function readConsoleFiles(): ConsoleFiles {
  const sources = new Map<string, URL>();
  for (const path of filesUnder(FOLDER, '')) if (path !== 'index.html') sources.set(path, new URL(path, FOLDER));
  for (const [name, target] of Object.entries(LIBRARIES)) sources.set(libraryPath(name), resolved(target));
  for (const [path, target] of Object.entries(EXTRAS)) sources.set(path, resolved(target));
  sources.set('', new URL('index.html', FOLDER));
  const ready = new Map<string, ConsoleFile>();
  const files = (path: string): ConsoleFile | null => {
    const source = sources.get(path);
    if (source === undefined) return null;
    const file = ready.get(path) ?? prepare(path, source, files);
    ready.set(path, file);
    return file;
  };
  return files;
}

function prepare(path: string, source: URL, files: ConsoleFiles): ConsoleFile {
  const text = readFileSync(source, 'utf8');
  const plain = Buffer.from(path === '' ? withPreloads(text, firstModules(files)) : servedText(path, text));
  const tag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
  return { type: typeOf(path), plain, gzipped: gzipSync(plain, { level: 9 }), tag };
}

function servedText(path: string, text: string): string {
  if (path.endsWith('.ts')) return withAddresses(stripTypeScriptTypes(text));
  if (path.endsWith('.js')) return withAddresses(text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'));
  return text;
}

function withAddresses(text: string): string {
  return text.replace(NAMED_IMPORT, (whole, words: string, quote: string, name: string) =>
    LIBRARIES[name] === undefined ? whole : `${words}${quote}/console/${libraryPath(name)}${quote}`,
  );
}

/** What the first view is made of: the frame of every page, and the page that opens where the address names none. */
const FIRST = ['main.ts', 'pages/live-page.ts'];
const STATIC_IMPORT = /(?:^|[\n;}])\s*(?:import|export)\b[^;'"`(=]*?["'](\.{0,2}\/[^"']+)["']/g;

/** The modules of the first view, each after those that import it. */
function firstModules(files: ConsoleFiles): readonly string[] {
  const found = new Set(FIRST);
  for (const path of found) {
    const text = files(path)?.plain.toString() ?? '';
    for (const [, target = ''] of text.matchAll(STATIC_IMPORT)) {
      found.add(new URL(target, `http://host/console/${path}`).pathname.slice('/console/'.length));
    }
  }
  return [...found];
}

/** The browser fetches these modules at once in place of one import after the other. */
function withPreloads(text: string, modules: readonly string[]): string {
  return text.replace(
    MODULE_MARK,
    modules.map((path) => `<link rel="modulepreload" href="/console/${path}">`).join('\n'),
  );
}

function libraryPath(name: string): string {
  return `lib/${name.replaceAll(/[@/]+/g, '-').replace(/^-/, '')}.js`;
}

function resolved(target: string): URL {
  return new URL(import.meta.resolve(target));
}

function typeOf(path: string): string {
  return TYPES[path === '' ? 'html' : (path.split('.').at(-1) ?? '')] ?? 'application/octet-stream';
}

function filesUnder(folder: URL, prefix: string): string[] {
  return readdirSync(fileURLToPath(folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) return filesUnder(new URL(`${entry.name}/`, folder), `${path}/`);
    return TYPES[entry.name.split('.').at(-1) ?? ''] === undefined || entry.name === 'tsconfig.json' ? [] : [path];
  });
}
