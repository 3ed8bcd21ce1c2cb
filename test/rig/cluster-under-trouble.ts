import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterReport } from '../../src/ports/cluster.ts';
import { SeededRandom, type Weighted } from '../support/seeded-random.ts';
import { findViolations } from './appends-checker.ts';
import { CABLES, type Cable, ClusterField, type RigNode } from './cluster-field.ts';
import { ClusterLoad } from './cluster-load.ts';
import { eventIdOf, type LedgerFindings } from './event-ledger.ts';
import { findOrder, type OrderFindings, readJournal } from './journal-order.ts';
import { type SagaFindings, SagaLoad } from './saga-load.ts';

type Findings = LedgerFindings & OrderFindings & SagaFindings;

export type ClusterRigReport = Findings & {
  rounds: number;
  /** Messages that topics took, and calls and messages beyond the first of an event. */
  over_topics: number;
  duplicated: number;
  /** Rounds in which the nodes had no broker, and so knew nothing of each other. */
  without_broker: number;
  kills: number;
  stops: number;
  cuts: number;
  /** Starts that ended by themselves, and were made again. */
  failed_starts: number;
  /** Stops of half a minute, of the stops. */
  long_stops: number;
  rolls: number;
  /** Calls that failed while the only thing that happened was a rolling restart. */
  lost_in_rolls: number;
  /** Late answers of owners that had been stopped or cut off, and how many were other than what counts. */
  late_answers: number;
  stale_wins: number;
  /** Histories of cards that no order explains. */
  violations: number;
  operations: number;
  /** Calls that a node decided for a card of another one, as far as the nodes that live remember. */
  guests: number;
};

export type ClusterRigOptions = {
  readonly rounds: number;
  readonly seed: number;
  readonly connections: number;
  /** Longest time that a node is stopped or cut off, ms. */
  readonly stopMs: number;
  /** Entry of another version of the engine, whose nodes are there beside those of this one; null for none. */
  readonly otherMain: string | null;
  readonly progress: (round: number, what: string, report: ClusterRigReport) => void;
};

type Trouble = 'kill' | 'stop' | 'cut' | 'roll';

const NODES = ['one', 'two', 'three'] as const;
const TROUBLES: Weighted<Trouble> = [
  ['kill', 5],
  ['stop', 7],
  ['cut', 7],
  ['roll', 1],
];
/** A node is stopped for half a minute in each of so many rounds. */
const LONG_STOP_EVERY = 50;
const LONG_STOP_MS = 30_000;
/** Most stops and cuts are over before anybody is put out of the group, some are not. */
const SHORT_MS_MAX = 2_000;
const LONGER_SHARE = 0.2;
const CALM_MS_MAX = 1_500;
const SETTLE_MS_MAX = 300_000;
const LOOK_MS = 200;
/** Sagas that begin in each round. */
const SAGAS_A_ROUND = 2;
/** Time after which a load balancer has noticed that a node shuts down. */
const NOTICE_MS = 500;
/** A node that shuts down refuses connections after two seconds: who notices later than this may be too late. */
const NOTICE_MS_MAX = 1_500;

class ClusterRun {
  readonly #field: ClusterField;
  readonly #options: ClusterRigOptions;
  readonly #random: SeededRandom;
  readonly #load: ClusterLoad;
  readonly #sagas: SagaLoad;
  #order: OrderFindings = { reordered: 0, left_out: 0, misjudged: 0, recorded_twice: 0 };
  readonly #counts = { rounds: 0, kills: 0, stops: 0, cuts: 0, long_stops: 0, rolls: 0, lost_in_rolls: 0, guests: 0 };
  #violations: readonly string[] = [];

  constructor(field: ClusterField, sagas: SagaLoad, options: ClusterRigOptions) {
    this.#field = field;
    this.#sagas = sagas;
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#load = new ClusterLoad(field.nodes, field.brokers, options.seed);
  }

  get report(): ClusterRigReport {
    const { lateAnswers, staleWins, history } = this.#load;
    return {
      ...this.#counts,
      without_broker: this.#field.lack === '' ? 0 : this.#counts.rounds,
      ...this.#load.ledger.findings,
      ...this.#load.counts,
      ...this.#order,
      ...this.#sagas.findings,
      failed_starts: this.#field.nodes.reduce((sum, { failedStarts }) => sum + failedStarts, 0),
      late_answers: lateAnswers,
      stale_wins: staleWins,
      violations: this.#violations.length,
      operations: history.length,
    };
  }

  async run(): Promise<void> {
    await this.#settled();
    const ended = this.#load.run(this.#options.connections);
    for (let round = 1; round <= this.#options.rounds; round++) {
      await sleep(this.#random.next() * CALM_MS_MAX);
      const isLong = round % LONG_STOP_EVERY === 0;
      const trouble = isLong ? 'stop' : this.#random.weighted(TROUBLES);
      const node = this.#random.pick(this.#field.nodes);
      this.#sagas.round(this.#field.nodes, SAGAS_A_ROUND);
      const what = await this.#make(trouble, node, isLong ? LONG_STOP_MS : this.#troubleMs());
      if (isLong) this.#counts.long_stops += 1;
      this.#counts.rounds = round;
      this.#options.progress(round, what, this.report);
    }
    this.#load.stop();
    await ended;
  }

  /** Holds everything against what all nodes say, once they agree on who is there. */
  async verify(): Promise<void> {
    await this.#settled();
    await this.#load.finish();
    await this.#sagas.finish();
    const journal = await readJournal(this.#field.storeUrl);
    this.#order = findOrder(journal);
    const leftOut = new Set(journal.flatMap(({ event, isLeftOut }) => (isLeftOut ? [eventIdOf(event)] : [])));
    this.#violations = findViolations(this.#load.history);
    for (const violation of this.#violations) process.stderr.write(`not linearizable: ${violation}\n`);
    for (const node of this.#field.nodes) {
      await this.#load.ledger.verify(node.client, leftOut);
      const { calls }: ClusterReport = JSON.parse((await node.client.get('/v1/cluster')).body);
      this.#counts.guests += calls.guest;
    }
  }

  async close(): Promise<void> {
    await this.#load.close();
  }

  #troubleMs(): number {
    const isLonger = this.#random.chance(LONGER_SHARE);
    const [fromMs, toMs] = isLonger ? [SHORT_MS_MAX, this.#options.stopMs] : [300, SHORT_MS_MAX];
    return fromMs + this.#random.next() * Math.max(0, toMs - fromMs);
  }

  async #make(trouble: Trouble, node: RigNode, forMs: number): Promise<string> {
    switch (trouble) {
      case 'kill':
        this.#counts.kills += 1;
        await node.end('SIGKILL');
        await sleep(Math.min(forMs, 3_000) * this.#random.next());
        await node.start();
        return `killed ${node.name}`;
      case 'stop':
        this.#counts.stops += 1;
        node.signal('SIGSTOP');
        await sleep(forMs);
        node.signal('SIGCONT');
        return `stopped ${node.name} for ${Math.round(forMs)} ms`;
      case 'cut':
        this.#counts.cuts += 1;
        return await this.#cut(node, forMs);
      case 'roll':
        this.#counts.rolls += 1;
        return await this.#roll(node);
    }
  }

  async #cut(node: RigNode, forMs: number): Promise<string> {
    // Without a broker nodes do not call each other.
    const cable: Cable = this.#field.lack === '' ? this.#random.pick(CABLES) : 'store';
    node.cut(cable);
    await sleep(forMs);
    node.heal(cable);
    return `cut ${node.name} off from its ${cable} for ${Math.round(forMs)} ms`;
  }

  /** Restarts a node as an operator does, once all is calm: no call may be lost by it. */
  async #roll(node: RigNode): Promise<string> {
    await this.#settled();
    await this.#load.calm();
    const failedBefore = this.#load.failures.length;
    const signalledAtMs = performance.now();
    const ended = node.end('SIGTERM');
    await sleep(NOTICE_MS);
    this.#load.avoid(node);
    const isLate = performance.now() - signalledAtMs > NOTICE_MS_MAX;
    const code = await ended;
    await node.start();
    this.#load.avoid(null);
    await this.#load.calm();
    // Where the machine stood still the balancer was too late for that node, which is no fault of it.
    const failed = this.#load.failures
      .slice(failedBefore)
      .filter((each) => !(isLate && each.isCut && each.node === node));
    for (const { text } of failed) process.stderr.write(`lost in a rolling restart of ${node.name}: ${text}\n`);
    this.#counts.lost_in_rolls += failed.length + (code === 0 ? 0 : 1);
    return `restarted ${node.name}`;
  }

  /** Waits until every node knows all of them, and every shard has an owner. */
  async #settled(): Promise<void> {
    const untilMs = performance.now() + SETTLE_MS_MAX;
    for (;;) {
      const reports = await Promise.all(this.#field.nodes.map((node) => clusterOf(node)));
      const isSettled = (report: ClusterReport | null): boolean =>
        (report !== null && this.#field.lack !== '') ||
        (report !== null &&
          report.members.length === this.#field.nodes.length &&
          report.members.every(({ state }) => state !== null) &&
          report.owners.every((owner) => owner !== null));
      if (reports.every(isSettled)) return;
      if (performance.now() > untilMs) throw new Error(`The cluster does not settle: ${JSON.stringify(reports)}`);
      await sleep(LOOK_MS);
    }
  }
}

async function clusterOf(node: RigNode): Promise<ClusterReport | null> {
  try {
    const { status, body } = await node.client.get('/v1/cluster');
    return status === 200 ? JSON.parse(body) : null;
  } catch {
    return null;
  }
}

/**
 * Kills, stops, cuts off and restarts the nodes of a cluster at random under load. Afterwards every acknowledged
 * decision has to be at every node, byte for byte, each card's history has to have an order that explains its answers,
 * and every window has to be what the oracle computes. Where no broker is to be had the nodes do without: all of that
 * has to hold all the same, as it rests on the log alone, and it is said what was left out.
 */
export async function runCluster(options: ClusterRigOptions): Promise<ClusterRigReport> {
  const sagas = await SagaLoad.open(new SeededRandom(options.seed + 3));
  const field = await ClusterField.open(NODES, sagas.responses, options.otherMain);
  const run = new ClusterRun(field, sagas, options);
  try {
    if (field.lack !== '') process.stderr.write(lackText(field.lack, options.rounds));
    await run.run();
    await run.verify();
    return run.report;
  } finally {
    await run.close();
    await sagas.close();
    await field.close();
  }
}

function lackText(reason: string, rounds: number): string {
  return (
    `LEFT OUT in all ${rounds} rounds: owners of cards, forwarded calls, topics, and cuts from the broker and ` +
    `between nodes; every node decides by itself: ${reason}\n`
  );
}
