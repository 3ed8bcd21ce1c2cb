import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endAfterTests } from '../support/end-of-file.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { CliProcess, type LaunchOptions } from './engine-process.ts';
import { type CallerOptions, HttpCaller } from './http-caller.ts';

endAfterTests();

/** A folder, processes and connections of one test: all gone when it is over, however it ends. */
export class Workbench {
  readonly folder: string;
  readonly #processes: CliProcess[] = [];
  readonly #callers: HttpCaller[] = [];

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Path of the event log, and by default of the keys. */
  get data(): string {
    return join(this.folder, 'data');
  }

  /** Starts a command of the engine. */
  launch(args: readonly string[], options: LaunchOptions = {}): CliProcess {
    const started = new CliProcess(args, options);
    this.#processes.push(started);
    return started;
  }

  /** Starts `serve` on a free port and waits until it answers; open to all unless the arguments say how keys go. */
  async serve(args: readonly string[] = ['--open'], options: LaunchOptions = {}): Promise<CliProcess> {
    const server = this.launch(['serve', '--port', '0', '--data', this.data, ...args], options);
    await server.until(/answers at http/);
    return server;
  }

  /** Connections to a server. */
  call(server: CliProcess, options: CallerOptions = {}): HttpCaller {
    const caller = new HttpCaller(server.url, options);
    this.#callers.push(caller);
    return caller;
  }

  /** Ends every process and connection. */
  async endAll(): Promise<void> {
    for (const caller of this.#callers) caller.close();
    for (const started of this.#processes) await started.end('SIGKILL');
  }

  /** Ends everything and removes the folder. */
  async clear(): Promise<void> {
    await this.endAll();
    await removeFolder(this.folder);
  }
}

/** A test with a workbench of its own. */
export async function onWorkbench(body: (bench: Workbench) => Promise<void>): Promise<void> {
  const bench = new Workbench(await mkdtemp(join(tmpdir(), 'palisade-integration-')));
  try {
    await body(bench);
  } finally {
    await bench.clear();
  }
}
