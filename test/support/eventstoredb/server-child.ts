import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free-port.ts';

const MAIN = fileURLToPath(new URL('./server-main.ts', import.meta.url));
const NODE = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));

/** A test server in a process of its own, to be killed, stopped and started again with what it had stored. */
export class ServerChild {
  readonly #file: string;
  #child: ChildProcess | null = null;
  #url = '';

  private constructor(file: string) {
    this.#file = file;
  }

  /** Starts a server that keeps its events in a file; '' for one that keeps them in memory. */
  static async start(file: string): Promise<ServerChild> {
    const server = new ServerChild(file);
    await server.restart();
    return server;
  }

  get url(): string {
    return this.#url;
  }

  get processId(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it on the port that it had. */
  async restart(): Promise<void> {
    const port = this.#url === '' ? String(await freePort()) : new URL(this.#url.replace('esdb:', 'http:')).port;
    const runtime = ['--disable-warning=ExperimentalWarning'];
    const child = spawn(NODE, [...runtime, MAIN, port, this.#file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    // A run that dies leaves no server behind.
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the server ended with ${code}`)));
    const [line] = await Promise.race([once(child.stdout, 'data'), ended]);
    ended.catch(() => {});
    this.#url = String(line).trim();
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Stops it where it is: connections stay open, nothing is answered. */
  hang(): void {
    this.#signal('SIGSTOP');
  }

  goOn(): void {
    this.#signal('SIGCONT');
  }

  /** By number: not every runtime lets a child go on that it had stopped. */
  #signal(signal: NodeJS.Signals): void {
    const processId = this.#child?.pid;
    if (processId !== undefined) process.kill(processId, signal);
  }
}
