import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ENDED_BY_TEST = 'SIGKILL';
const started = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of started) if (child.pid !== undefined && child.exitCode === null) child.kill(ENDED_BY_TEST);
});

/** The runtimes that run the engine from its sources. */
export const RUNTIMES = {
  node: [join(ROOT, 'node_modules/.bin/node'), '--disable-warning=ExperimentalWarning'],
  deno: [join(ROOT, 'node_modules/.bin/deno'), 'run', '-A', '--no-check'],
} as const;
export type Runtime = keyof typeof RUNTIMES;

/** Why a runtime cannot be used on this machine, for `skip`; false where it can. */
export function missingRuntime(runtime: Runtime): string | false {
  const [binary] = RUNTIMES[runtime];
  return existsSync(binary) ? false : `${runtime} is not installed: npm install brings it`;
}

export type LaunchOptions = {
  readonly runtime?: Runtime;
  /** Limit of the size of a file, in blocks of 512 bytes. */
  readonly fileBlocksMax?: number;
  readonly uid?: number;
};

/** A `palisade` process with what it has said so far. */
export class CliProcess {
  stdout = '';
  stderr = '';
  /** Resolves with the exit code, or the signal, when the process is gone and everything it said was read. */
  readonly ended: Promise<number | string | null>;
  readonly #child: ChildProcess;
  #isOver = false;
  #listeners: (() => void)[] = [];

  constructor(child: ChildProcess) {
    this.#child = child;
    started.add(child);
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.stdout += text;
      this.#wake();
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
      this.#wake();
    });
    this.ended = once(child, 'close').then(([code, signal]) => {
      this.#isOver = true;
      this.#wake();
      return code ?? signal;
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get output(): string {
    return `${this.stdout}\n${this.stderr}`;
  }

  /** Resolves when what the process said matches; fails when it ends before. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      assert.equal(this.#isOver, false, `the process ended before it said ${pattern}:\n${this.output}`);
      await new Promise<void>((resolve) => {
        this.#listeners.push(resolve);
      });
    }
  }

  /** Not by `child.kill`: after it, Deno tells the signal as the end of any process. */
  signal(name: NodeJS.Signals): void {
    process.kill(this.#child.pid ?? assert.fail('no process'), name);
  }

  /** Ends the process by a signal; answers as `ended` does. */
  async end(name: NodeJS.Signals): Promise<number | string | null> {
    if (!this.#isOver) this.signal(name);
    return await this.ended;
  }

  #wake(): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}

/** Starts a command of the engine. */
export function launchCli(args: readonly string[], options: LaunchOptions = {}): CliProcess {
  const { runtime = 'node', fileBlocksMax, uid } = options;
  const command = [...RUNTIMES[runtime], join(ROOT, 'src/main.ts'), ...args];
  const limited =
    fileBlocksMax === undefined ? command : ['sh', '-c', `ulimit -f ${fileBlocksMax}; exec "$@"`, 'sh', ...command];
  const [binary = '', ...rest] = limited;
  const identity = uid === undefined ? {} : { uid, gid: uid };
  return new CliProcess(spawn(binary, rest, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], ...identity }));
}

/** A server that answers. */
export type Server = CliProcess & { readonly url: string };

/** Starts `serve` on a free port and waits until it answers; open to all unless the arguments say how keys go. */
export async function startServe(
  directory: string,
  args: readonly string[] = ['--open'],
  options: LaunchOptions = {},
): Promise<Server> {
  const server = launchCli(['serve', '--data', directory, '--port', '0', ...args], options);
  const [, url = ''] = await server.until(/answers at (http:\/\/\S+)/);
  return Object.assign(server, { url });
}

/** Runs a test in a folder of its own, which is removed afterwards; ends what the test left running. */
export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'palisade-integration-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
