import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./log-child.ts', import.meta.url));
const RUN = 'Deno' in globalThis ? ['run', '-A', '--no-check', SCRIPT] : [SCRIPT];

/** A process that appends to a log and tells what was acknowledged. */
export type ChildLog = {
  readonly acknowledged: ReadonlyMap<string, number>;
  /** What it said at its end, if it came to one by itself. */
  readonly lastWords: () => string;
  /** Resolves when so many records were acknowledged in all, or the process has ended. */
  reach(count: number): Promise<void>;
  /** Kills it with SIGKILL and waits until it is gone. */
  kill(): Promise<void>;
  readonly ended: Promise<number | null>;
};

type ChildOptions = { readonly fileSizeKibibytes?: number; readonly userId?: number };

/** Starts a process that appends to the log in a directory, with ids of this prefix, until it is stopped. */
export function startChildLog(directory: string, prefix: string, options: ChildOptions = {}): ChildLog {
  const child = spawnChild([...RUN, directory, prefix], options);
  const acknowledged = new Map<string, number>();
  const waiting: { count: number; resolve: () => void }[] = [];
  let words = '';
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  lines.on('line', (line) => {
    const [kind, position, recordId] = line.split(' ');
    if (kind !== 'ack') words = line;
    else acknowledged.set(recordId ?? '', Number(position));
    for (const each of waiting) if (acknowledged.size >= each.count) each.resolve();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      for (const each of waiting) each.resolve();
      resolve(code);
    });
  });
  return {
    acknowledged,
    lastWords: () => words,
    reach: (count) => new Promise((resolve) => waiting.push({ count, resolve })),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    ended,
  };
}

function spawnChild(args: string[], { fileSizeKibibytes, userId }: ChildOptions): ChildProcess {
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  if (userId !== undefined) return spawn(process.execPath, args, { stdio, uid: userId, gid: userId });
  if (fileSizeKibibytes === undefined) return spawn(process.execPath, args, { stdio });
  const limit = `trap '' XFSZ; ulimit -f ${fileSizeKibibytes * 2}; exec "$0" "$@"`;
  return spawn('/bin/sh', ['-c', limit, process.execPath, ...args], { stdio });
}
