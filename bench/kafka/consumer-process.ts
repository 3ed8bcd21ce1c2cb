import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicLoad } from './topic-load.ts';

const POLL_MS = 50;
/** Nothing takes as long: what is not read by then never is. */
const READ_MS_MAX = 600_000;
/** Share of the messages that is read before the time is taken: compilers warm up, and entities come to memory. */
const WARM_SHARE = 0.25;
const TICK_MS = 10;

/** A program that reads a topic, as a process. */
export class ConsumerProcess {
  readonly #child: ChildProcess;
  /** The end of what it said, for when it fails. */
  #said = '';

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4_000);
    });
    const end = (): void => void this.#child.kill('SIGKILL');
    process.once('exit', end);
    this.#child.once('exit', () => process.off('exit', end));
  }

  /** CPU time that it has used, all threads, ms. */
  cpuMs(): number {
    const [, fields = ''] = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ');
    const [user, system] = [fields.split(' ')[11], fields.split(' ')[12]];
    return (Number(user) + Number(system)) * TICK_MS;
  }

  /** Reads until a group has committed as many messages: how many a second, and CPU of the program for each, µs. */
  async readAll(load: TopicLoad, group: string, topic: string, count: number): Promise<ReadRate> {
    const endMs = performance.now() + READ_MS_MAX;
    const { done: warm, atMs: warmAtMs } = await this.#reached(load, group, topic, count * WARM_SHARE, endMs);
    const warmCpuMs = this.cpuMs();
    const { done, atMs } = await this.#reached(load, group, topic, count, endMs);
    return {
      perSecond: ((done - warm) * 1000) / (atMs - warmAtMs),
      cpuUs: ((this.cpuMs() - warmCpuMs) * 1000) / (done - warm),
    };
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }

  async #reached(
    load: TopicLoad,
    group: string,
    topic: string,
    count: number,
    endMs: number,
  ): Promise<{ readonly done: number; readonly atMs: number }> {
    for (;;) {
      const done = await load.committed(group, topic).catch(() => 0);
      const atMs = performance.now();
      if (done >= count) return { done, atMs };
      if (this.#child.exitCode !== null) throw new Error(`a reader ended: ${this.#said}`);
      if (atMs > endMs) throw new Error(`${group} has read ${done} of ${count}: ${this.#said}`);
      await sleep(POLL_MS);
    }
  }
}

/** What reading a backlog took. */
export type ReadRate = { readonly perSecond: number; readonly cpuUs: number };
