import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterReport } from '../../src/ports/cluster.ts';
import { ServerChild } from '../support/eventstoredb/server-child.ts';
import type { TestBroker } from '../support/kafka/broker.ts';
import type { CliProcess } from './engine-process.ts';
import type { HttpCaller } from './http-caller.ts';
import type { Workbench } from './workbench.ts';

const LOOK_MS = 100;
const WAIT_MS_MAX = 180_000;

/** A node of a cluster in a process of its own, and connections to it. */
export type Node = { readonly name: string; readonly server: CliProcess; readonly caller: HttpCaller };

/** Nodes over one event store and one broker. */
export class NodeField {
  readonly store: ServerChild;
  readonly #bench: Workbench;
  readonly #brokers: readonly string[];

  private constructor(bench: Workbench, store: ServerChild, brokers: readonly string[]) {
    this.#bench = bench;
    this.store = store;
    this.#brokers = brokers;
  }

  static async open(bench: Workbench, { brokers }: Pick<TestBroker, 'brokers'>): Promise<NodeField> {
    return new NodeField(bench, await ServerChild.start(join(bench.folder, 'events')), brokers);
  }

  /** Starts a node and waits until it answers. */
  async start(name: string, options: readonly string[] = ['--open']): Promise<Node> {
    const place = [
      '--log',
      this.store.url,
      '--kafka',
      this.#brokers.join(','),
      '--data',
      join(this.#bench.folder, name),
    ];
    const server = await this.#bench.serve([...place, '--cluster', '--node', name, ...options]);
    return { name, server, caller: this.#bench.call(server) };
  }

  async close(): Promise<void> {
    await this.#bench.endAll();
    await this.store.kill();
  }
}

/** The report of a node, once it is as wanted. */
export async function reportOnce(
  { caller }: Node,
  isWanted: (report: ClusterReport) => boolean,
): Promise<ClusterReport> {
  const untilMs = performance.now() + WAIT_MS_MAX;
  for (;;) {
    const { text } = await caller.get('/v1/cluster');
    const report: ClusterReport = JSON.parse(text);
    if (isWanted(report)) return report;
    if (performance.now() > untilMs) throw new Error(`the cluster is not as it should be: ${text}`);
    await sleep(LOOK_MS);
  }
}

/** Waits until each of these nodes knows exactly these nodes, and every shard has an owner among them. */
export async function settled(nodes: readonly Node[]): Promise<ClusterReport[]> {
  const names = nodes.map(({ name }) => name).sort();
  const reports: ClusterReport[] = [];
  for (const node of nodes) {
    reports.push(
      await reportOnce(node, ({ members, owners }) => {
        const known = members.map(({ name }) => name).sort();
        return known.join() === names.join() && owners.every((owner) => owner !== null);
      }),
    );
  }
  return reports;
}
