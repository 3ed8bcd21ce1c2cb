import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeFolder } from '../support/remove-folder.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { RigClient } from './client.ts';
import { EventLedger, type LedgerFindings, sendEvent } from './event-ledger.ts';
import { eventOf } from './events-under-kill.ts';
import { rigRuleset } from './rig-ruleset.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

export type KillReport = LedgerFindings & { rounds: number; restart_ms_median: number };

export type KillOptions = {
  readonly rounds: number;
  readonly seed: number;
  readonly connections: number;
  readonly progress: (round: number, report: KillReport) => void;
};

/** Longest time under load before the signal. */
const LOAD_MS_MAX = 600;
const RETRIES_A_ROUND = 40;
const RETRY_ATTEMPTS_MAX = 400;
const RETRY_PAUSE_MS = 250;
const SHED = 503;

class KillRun {
  readonly #options: KillOptions;
  readonly #random: SeededRandom;
  readonly #ledger = new EventLedger(eventOf);
  readonly #restartMs: number[] = [];
  #next = 0;
  #rounds = 0;

  constructor(options: KillOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
  }

  get report(): KillReport {
    const sorted = [...this.#restartMs].sort((left, right) => left - right);
    const medianMs = Math.round(sorted[sorted.length >> 1] ?? 0);
    return { rounds: this.#rounds, ...this.#ledger.findings, restart_ms_median: medianMs };
  }

  async round(directory: string): Promise<void> {
    const server = await startRigServer(directory);
    this.#restartMs.push(server.readyMs);
    const client = new RigClient(server.url);
    const state = { running: true };
    try {
      await this.#retryUnknown(client);
      await this.#retrySample(client);
      const load = this.#load(client, state);
      await sleep(20 + this.#random.next() * LOAD_MS_MAX);
      state.running = false;
      await server.end('SIGKILL');
      await load;
    } finally {
      client.close();
      await server.end('SIGKILL');
    }
    this.#rounds += 1;
  }

  /** Everything that was acknowledged is asked for once more, and every window is held against the oracle. */
  async verify(server: ServerProcess): Promise<void> {
    const client = new RigClient(server.url);
    try {
      await this.#retryUnknown(client);
      for (const index of this.#ledger.known) await this.#send(client, index);
      await this.#ledger.verify(client);
    } finally {
      client.close();
    }
  }

  async #load(client: RigClient, state: { running: boolean }): Promise<void> {
    const worker = async (): Promise<void> => {
      while (state.running) {
        const index = this.#next++;
        if (!(await this.#send(client, index)) && !state.running) return;
      }
    };
    await Promise.all(Array.from({ length: this.#options.connections }, worker));
  }

  async #retryUnknown(client: RigClient): Promise<void> {
    for (const index of this.#ledger.unknown) {
      // A server that has just started may shed load for a moment; a client then comes again.
      for (let attempt = 1; !(await this.#send(client, index)); attempt++) {
        if (attempt === RETRY_ATTEMPTS_MAX) throw new Error(`A retry after the restart failed: rig-${index}`);
        await sleep(RETRY_PAUSE_MS);
      }
    }
  }

  /** The newest and some random older ones: acknowledged before the kill, the same bytes after it. */
  async #retrySample(client: RigClient): Promise<void> {
    const { known } = this.#ledger;
    const newest = known.slice(-RETRIES_A_ROUND);
    const count = Math.min(RETRIES_A_ROUND, known.length);
    const older = Array.from({ length: count }, () => this.#random.pick(known));
    for (const index of new Set([...newest, ...older])) await this.#send(client, index);
  }

  async #send(client: RigClient, index: number): Promise<boolean> {
    this.#ledger.sent(index);
    try {
      const { status, body } = await sendEvent(client, eventOf(index));
      if (status === 200) {
        this.#ledger.answered(index, body, true);
        return true;
      }
      if (status === SHED) {
        // Of what is shed nothing is done, and who comes again at once is shed again: it is no try of a client.
        this.#ledger.shed();
        await sleep(RETRY_PAUSE_MS);
        return false;
      }
      process.stderr.write(`rig-${index} got ${status}: ${body}\n`);
      return false;
    } catch {
      return false;
    }
  }
}

const RULESET_FILE = 'rig-ruleset.yaml';

function startRigServer(directory: string): Promise<ServerProcess> {
  return startServerProcess(directory, ['--ruleset', join(directory, RULESET_FILE)]);
}

/**
 * Kills the server with SIGKILL at random moments under load and starts it again; afterwards every acknowledged
 * decision has to be there, byte for byte on a retry, and every window has to be what the oracle computes.
 */
export async function runKill(options: KillOptions): Promise<KillReport> {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-rig-'));
  try {
    await writeFile(join(directory, RULESET_FILE), await rigRuleset());
    const run = new KillRun(options);
    for (let round = 1; round <= options.rounds; round++) {
      await run.round(directory);
      options.progress(round, run.report);
    }
    const server = await startRigServer(directory);
    try {
      await run.verify(server);
    } finally {
      await server.end('SIGTERM');
    }
    return run.report;
  } finally {
    await removeFolder(directory);
  }
}
