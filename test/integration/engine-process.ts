import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** Nothing in these tests takes as long: a process that says no more is told with what it said. */
const SILENCE_MS_MAX = 180_000;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Dozens of processes load the same sources: half of the time that they take to start is compilation. */
const COMPILE_CACHE = join(ROOT, 'node_modules/.cache/palisade-integration');

/** The runtimes that run the engine from its sources. */
const RUNTIMES = {
  node: [join(ROOT, 'node_modules/.bin/node'), '--disable-warning=ExperimentalWarning'],
  deno: [join(ROOT, 'node_modules/.bin/deno'), 'run', '-A', '--no-check'],
} as const;
export type Runtime = keyof typeof RUNTIMES;

/** Why a runtime cannot be used on this machine, for `skip`; false where it can. */
export function missingRuntime(runtime: Runtime): string | false {
  const [binary] = RUNTIMES[runtime];
  return existsSync(binary) ? false : `${runtime} is not installed: npm install brings it`;
}

/** Why tests that drive servers on Node are left out on Deno, for `skip`: they would do the same again. */
export const drivesNode: string | false =
  'Deno' in globalThis ? 'drives servers on Node, as the run on Node does' : false;

export type LaunchOptions = {
  readonly runtime?: Runtime;
  /** Largest size that a file may get to, in blocks of 512 bytes. */
  readonly fileBlocksMax?: number;
  /** Folder that the engine is installed in; that of this project where it is left out. */
  readonly root?: string;
  /** User and group to run as; needs root. */
  readonly userId?: number;
  /** Variables beside those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
};

/** A `palisade` process with what it has said so far. */
export class CliProcess {
  stdout = '';
  stderr = '';
  /** Resolves with the exit code, or the signal, when the process is gone and everything it said was read. */
  readonly ended: Promise<number | string>;
  readonly #child: ChildProcess;
  #isOver = false;
  #listeners: (() => void)[] = [];

  /** Starts a command of the engine. */
  constructor(args: readonly string[], options: LaunchOptions = {}) {
    const { runtime = 'node', fileBlocksMax, root = ROOT, userId, environment = {} } = options;
    const command = [...RUNTIMES[runtime], join(root, 'src/main.ts'), ...args];
    const limited =
      fileBlocksMax === undefined ? command : ['sh', '-c', `ulimit -f ${fileBlocksMax}; exec "$@"`, 'sh', ...command];
    const [binary = '', ...rest] = limited;
    const identity = userId === undefined ? {} : { uid: userId, gid: userId };
    const env = { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, ...environment };
    const child = spawn(binary, rest, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], ...identity });
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text) => {
      this.stdout += text;
      this.#wake();
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
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

  get processId(): number {
    return this.#child.pid ?? assert.fail('no process');
  }

  /** All that it said, for messages of tests. */
  get output(): string {
    return `${this.stdout}\n${this.stderr}`;
  }

  /** The address that a server says it answers at. */
  get url(): string {
    return /answers at (http:\/\/\S+)/.exec(this.stdout)?.[1] ?? '';
  }

  /** Resolves when what the process said matches; fails when it ends before, or says nothing for minutes. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      assert.equal(this.#isOver, false, `the process ended before it said ${pattern}:\n${this.output}`);
      await new Promise<void>((resolve, reject) => {
        const silence = new Error(`the process does not say ${pattern}:\n${this.output}`);
        const timer = setTimeout(() => reject(silence), SILENCE_MS_MAX);
        this.#listeners.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Stops to read what the process says, as when a collector of logs dies. */
  deafen(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  /** Not by `child.kill`: after it, Deno tells the signal as the end of any process. */
  signal(name: NodeJS.Signals): void {
    process.kill(this.processId, name);
  }

  /** Ends the process by a signal; answers as `ended` does. */
  async end(name: NodeJS.Signals): Promise<number | string> {
    if (!this.#isOver) this.signal(name);
    return await this.ended;
  }

  #wake(): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}
