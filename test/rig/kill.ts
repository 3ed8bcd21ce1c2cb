import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Decision } from '../../src/domain/decision.ts';
import { ENTITY_KINDS, type EntityKind } from '../../src/domain/entities.ts';
import { parseRuleset } from '../../src/rules/mod.ts';
import { RigClient } from './client.ts';
import { eventOf, pathOf } from './events-under-kill.ts';
import { rigRuleset } from './rig-ruleset.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { entityIdOf, expectedValues, isCheckable, type Settled } from './window-oracle.ts';

export type KillReport = {
  rounds: number;
  acknowledged: number;
  /** Acknowledged decisions that were not there afterwards. */
  lost: number;
  /** Events that an entity counts more often, or less often, than it should. */
  doubled: number;
  /** Acknowledged decisions whose retry gave other bytes, and window values that differ from the oracle's. */
  changed: number;
  success_share: number;
  windows_checked: number;
  restart_ms_median: number;
};

export type KillOptions = {
  readonly rounds: number;
  readonly seed: number;
  readonly connections: number;
  readonly progress: (round: number, report: KillReport) => void;
};

/** Longest time under load before the signal. */
const LOAD_MS_MAX = 600;
const RETRIES_A_ROUND = 40;
const RETRY_ATTEMPTS_MAX = 100;
const RETRY_PAUSE_MS = 250;

/** mulberry32 by Tommy Ettinger, public domain: enough to pick moments. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

class KillRun {
  readonly #options: KillOptions;
  readonly #random: () => number;
  /** Bodies of decisions; of a login, which is answered otherwise the second time, ''. */
  readonly #acknowledged = new Map<number, string>();
  /** Sent without an answer: may or may not have been decided. */
  readonly #unknown = new Set<number>();
  readonly #restartMs: number[] = [];
  #next = 0;
  #attempts = 0;
  #successes = 0;
  readonly report: KillReport = {
    rounds: 0,
    acknowledged: 0,
    lost: 0,
    doubled: 0,
    changed: 0,
    success_share: 0,
    windows_checked: 0,
    restart_ms_median: 0,
  };

  constructor(options: KillOptions) {
    this.#options = options;
    this.#random = randomFrom(options.seed);
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
      await sleep(20 + this.#random() * LOAD_MS_MAX);
      state.running = false;
      await server.end('SIGKILL');
      await load;
    } finally {
      client.close();
      await server.end('SIGKILL');
    }
    this.report.rounds += 1;
    this.#summarize();
  }

  /** Everything that was acknowledged is asked for once more, and every window is held against the oracle. */
  async verify(server: ServerProcess): Promise<void> {
    const client = new RigClient(server.url);
    try {
      await this.#retryUnknown(client);
      const settled: Settled[] = [];
      for (const [index, body] of this.#acknowledged) {
        const event = eventOf(index);
        if (event.type === 'login') {
          settled.push({ event, decision: null });
          continue;
        }
        const found = await client.get(`/v1/authorizations/rig-${index}`);
        if (found.status === 404) this.report.lost += 1;
        else if (found.body !== body) this.report.changed += 1;
        const decision: Decision = JSON.parse(body);
        settled.push({ event, decision });
      }
      await this.#retrySample(client, Number.POSITIVE_INFINITY);
      for (const kind of ENTITY_KINDS) await this.#verifyKind(client, kind, settled, server);
    } finally {
      client.close();
    }
    this.#summarize();
  }

  async #verifyKind(
    client: RigClient,
    kind: EntityKind,
    settled: readonly Settled[],
    server: ServerProcess,
  ): Promise<void> {
    const ruleset: { text: string } = JSON.parse((await client.get('/v1/ruleset')).body);
    const parsed = parseRuleset(ruleset.text);
    if (!parsed.ok) throw new Error(`The ruleset of ${server.url} does not parse`);
    const specs = parsed.ruleset.features.filter((spec) => spec.by === kind && isCheckable(spec));
    const byId = Map.groupBy(settled, ({ event }) => entityIdOf(event, kind));
    byId.delete('');
    for (const [id, own] of byId) {
      const answer = await client.get(`/v1/${kind}s/${encodeURIComponent(id)}`);
      const entity: { revision: number; windows: Record<string, number> } = JSON.parse(answer.body);
      this.report.doubled += Math.abs(entity.revision + 1 - own.length);
      for (const spec of specs) {
        const expected = expectedValues(spec, own);
        const actual = entity.windows[spec.name] ?? Number.NaN;
        this.report.windows_checked += 1;
        if (expected.some((value) => Math.abs(actual - value) <= 1e-6 * Math.max(1, Math.abs(value)))) continue;
        this.report.changed += 1;
        process.stderr.write(`${kind} ${id} ${spec.name}: ${actual}, and the oracle says ${expected.join(' or ')}\n`);
      }
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
    for (const index of [...this.#unknown]) {
      // A server that has just started may shed load for a moment; a client then comes again.
      for (let attempt = 1; !(await this.#send(client, index)); attempt++) {
        if (attempt === RETRY_ATTEMPTS_MAX) throw new Error(`A retry after the restart failed: rig-${index}`);
        await sleep(RETRY_PAUSE_MS);
      }
    }
  }

  /** The newest and some random older ones: acknowledged before the kill, the same bytes after it. */
  async #retrySample(client: RigClient, count = RETRIES_A_ROUND): Promise<void> {
    const known = [...this.#acknowledged.keys()];
    const newest = known.slice(-count);
    const older = Array.from({ length: Math.min(count, known.length) }, () => {
      return known[Math.floor(this.#random() * known.length)] ?? 0;
    });
    for (const index of count === Number.POSITIVE_INFINITY ? known : new Set([...newest, ...older])) {
      await this.#send(client, index);
    }
  }

  async #send(client: RigClient, index: number): Promise<boolean> {
    this.#attempts += 1;
    this.#unknown.add(index);
    try {
      const event = eventOf(index);
      const answer = await client.post(pathOf(event), JSON.stringify(event));
      const { status } = answer;
      const body = event.type === 'login' && status === 200 ? '' : answer.body;
      if (status !== 200) {
        process.stderr.write(`rig-${index} got ${status}: ${body}\n`);
        return false;
      }
      this.#successes += 1;
      this.#unknown.delete(index);
      const before = this.#acknowledged.get(index);
      if (before === undefined) this.#acknowledged.set(index, body);
      else if (before !== body) this.report.changed += 1;
      return true;
    } catch {
      return false;
    }
  }

  #summarize(): void {
    const sorted = [...this.#restartMs].sort((left, right) => left - right);
    this.report.acknowledged = this.#acknowledged.size;
    this.report.success_share = this.#attempts === 0 ? 0 : this.#successes / this.#attempts;
    this.report.restart_ms_median = Math.round(sorted[sorted.length >> 1] ?? 0);
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
    await rm(directory, { recursive: true, force: true });
  }
}
