import { importsOf } from './imports.ts';
import type { Finding, SourceFile } from './project-files.ts';

/** A room: the other rooms it may import, the packages it may use, and what else holds for it. */
type Room = {
  readonly path: string;
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
  /** Packages that only files with this ending may use. */
  readonly packagesOf?: { readonly ending: string; readonly packages: readonly string[] };
  /** Folders in the room know nothing of each other. */
  readonly siblingsApart?: boolean;
  /** Rooms that give it types only. */
  readonly typeRooms?: readonly string[];
};

const DEFINITION_ROOM = {
  rooms: ['src/domain', 'src/ports', 'src/windows'],
  packages: [],
  packagesOf: { ending: '.machine.ts', packages: ['xstate'] },
  siblingsApart: true,
} as const;

/** The table of ARCHITECTURE.md, "Rooms, and who may import whom". A path that no room holds may import everything. */
export const ROOMS: readonly Room[] = [
  { path: 'src/domain', rooms: [], packages: [] },
  { path: 'src/ports', rooms: [], typeRooms: ['src/domain'], packages: [] },
  { path: 'src/windows', rooms: ['src/domain'], packages: [] },
  { path: 'src/tables', rooms: ['src/domain'], packages: [] },
  {
    path: 'src/rules',
    rooms: ['src/domain'],
    typeRooms: ['src/ports'],
    packages: ['yaml', '@marcbachmann/cel-js', 'node:crypto', 'node:net'],
  },
  { path: 'src/models', rooms: ['src/domain'], packages: [] },
  { path: 'src/views', rooms: ['src/domain', 'src/windows', 'src/rules'], packages: [] },
  { path: 'src/simulator', rooms: ['src/domain', 'src/ports'], packages: [] },
  { path: 'src/codec', rooms: ['src/domain', 'src/ports'], packages: ['zod', 'node:net'] },
  { path: 'actors', ...DEFINITION_ROOM },
  { path: 'projections', ...DEFINITION_ROOM },
  { path: 'sagas', ...DEFINITION_ROOM },
  {
    path: 'src/runtime',
    rooms: [
      'src/domain',
      'src/ports',
      'src/codec',
      'src/windows',
      'src/tables',
      'src/rules',
      'src/models',
      'src/views',
    ],
    packages: ['xstate'],
  },
  { path: 'src/following', rooms: ['src/domain', 'src/ports'], packages: [] },
  {
    path: 'src/adapters/kafka',
    rooms: ['src/domain', 'src/ports'],
    packages: ['kafkajs', 'node:module'],
  },
  { path: 'src/adapters/schema-registry', rooms: ['src/domain', 'src/ports'], packages: ['node:', 'avsc'] },
  {
    path: 'src/adapters/eventstoredb',
    rooms: ['src/domain', 'src/ports', 'src/following'],
    packages: ['node:', '@eventstore/db-client'],
  },
  { path: 'src/adapters/parquet', rooms: ['src/domain', 'src/ports'], packages: ['hyparquet-writer'] },
  { path: 'src/adapters/s3', rooms: ['src/domain', 'src/ports'], packages: ['node:', 'aws4fetch'] },
  {
    path: 'src/adapters',
    rooms: ['src/domain', 'src/ports', 'src/codec', 'src/following'],
    packages: ['node:'],
    siblingsApart: true,
  },
  {
    path: 'src/http',
    rooms: ['src/domain', 'src/ports', 'src/codec'],
    packages: ['fastify', '@fastify/swagger', '@fastify/swagger-ui', 'prom-client', 'node:'],
  },
  {
    path: 'console',
    rooms: [],
    typeRooms: ['src/domain', 'src/ports'],
    packages: ['preact', 'preact/hooks', '@preact/signals', 'htm/preact', 'uplot'],
  },
];

const TIMER_MODULE = /^node:timers(?:\/|$)/;

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}

function packageAllowed(room: Room, file: SourceFile, specifier: string): boolean {
  const extra = room.packagesOf !== undefined && file.path.endsWith(room.packagesOf.ending);
  const packages = extra ? [...room.packages, ...(room.packagesOf?.packages ?? [])] : room.packages;
  return packages.some((name) => (name.endsWith(':') ? specifier.startsWith(name) : specifier === name));
}

/** Folder of a room that a path stands in, or the file's own name where it stands in the room itself. */
function compartmentOf(room: Room, path: string): string {
  return path.slice(room.path.length + 1).split('/')[0] ?? '';
}

function judge(room: Room, file: SourceFile, target: string, typeOnly: boolean): string | null {
  if (isWithin(target, room.path)) {
    if (room.siblingsApart !== true) return null;
    return compartmentOf(room, target) === compartmentOf(room, file.path)
      ? null
      : 'siblings know nothing of each other';
  }
  if (room.rooms.some((other) => isWithin(target, other))) return null;
  if (room.typeRooms?.some((other) => isWithin(target, other)) !== true) return `${room.path} may not import it`;
  return typeOnly ? null : `${room.path} may import types of it only`;
}

/** Imports that the table of rooms does not allow. */
export function findForbiddenImports(file: SourceFile): Finding[] {
  const room = ROOMS.find((candidate) => isWithin(file.path, candidate.path));
  if (room === undefined) return [];
  return importsOf(file).flatMap(({ specifier, target, typeOnly, line }) => {
    const place = `${file.path}:${line} imports ${specifier}`;
    if (target === null) {
      if (!isWithin(`${room.path}/`, 'src/adapters') && TIMER_MODULE.test(specifier))
        return [`${place}: timers are a port`];
      return packageAllowed(room, file, specifier) ? [] : [`${place}: ${room.path} may not use this package`];
    }
    const reason = judge(room, file, target, typeOnly);
    return reason === null ? [] : [`${place}: ${reason}`];
  });
}
