import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const READY = /answers at (http:\/\/\S+?) /;
const START_TIMEOUT_MS = 300_000;

/** A server in a process of its own, to be killed. */
export class ServerProcess {
  readonly url: string;
  readonly readyMs: number;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, url: string, readyMs: number) {
    this.#child = child;
    this.url = url;
    this.readyMs = readyMs;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a signal; does not wait for what it does. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends the process by a signal and waits until it is gone; answers its exit code, null after a signal. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill(signal);
      await gone;
    }
    return this.#child.exitCode;
  }
}

/**
 * Starts `palisade serve` on a free port and waits until it answers, of this checkout or by another `main`. Rejects
 * with its output where it does not.
 */
export async function startServerProcess(
  directory: string,
  options: readonly string[] = [],
  main: string = MAIN,
): Promise<ServerProcess> {
  const startMs = performance.now();
  const args = ['--disable-warning=ExperimentalWarning', main, 'serve', '--data', directory, '--port', '0', '--open'];
  const child = spawn(process.execPath, [...args, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  return await new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`The server did not start: ${reason}\n${output}`));
    };
    const timer = setTimeout(() => fail('it took too long'), START_TIMEOUT_MS);
    child.stderr.on('data', (chunk) => {
      output += String(chunk);
    });
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
      const url = READY.exec(output)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(new ServerProcess(child, url, performance.now() - startMs));
    });
    child.once('exit', (code, signal) => fail(`it ended with ${String(code ?? signal)}`));
  });
}
