import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerChild } from '../support/eventstoredb/server-child.ts';
import { freePort } from '../support/free-port.ts';
import { findBroker, type TestBroker } from '../support/kafka/broker.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { RigClient } from './client.ts';
import { latenessRuleset } from './rig-ruleset.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

const RULESET_FILE = 'rig-ruleset.yaml';
const START_TRIES = 3;
const RESPONSES_FILE = 'rig-responses.yaml';

/** What a node reaches by a cable of its own. */
export const CABLES = ['store', 'broker', 'peers'] as const;
export type Cable = (typeof CABLES)[number];

/** A node with cables to the broker and the store, and one by which the others reach it. */
export class RigNode {
  readonly name: string;
  readonly #directory: string;
  readonly #port: number;
  readonly #cables: Readonly<Record<Cable, TcpProxy>>;
  readonly #options: readonly string[];
  readonly #otherMain: string | null;
  /** Starts that ended by themselves, as those of a node do that cannot reach its store. */
  failedStarts = 0;
  #starts = 0;
  #server: ServerProcess | null = null;
  #client: RigClient | null = null;

  /** `otherMain` is of another version of the engine: the starts of the node take turns between it and this one. */
  constructor(
    name: string,
    folder: string,
    port: number,
    cables: Readonly<Record<Cable, TcpProxy>>,
    otherMain: string | null,
  ) {
    this.name = name;
    this.#otherMain = otherMain;
    this.#directory = join(folder, name);
    this.#port = port;
    this.#cables = cables;
    this.#options = [
      ...['--cluster', '--node', name, '--port', String(port), '--ruleset', join(folder, RULESET_FILE)],
      ...['--responses', join(folder, RESPONSES_FILE)],
      ...['--advertise', `http://127.0.0.1:${cables.peers.port}`],
      ...['--kafka', `127.0.0.1:${cables.broker.port}`, '--log', `esdb://127.0.0.1:${cables.store.port}?tls=false`],
    ];
  }

  /** Connections to the node, which fail while it is down. */
  get client(): RigClient {
    this.#client ??= new RigClient(`http://127.0.0.1:${this.#port}`);
    return this.#client;
  }

  /** Starts it, and again where it ends by itself, as a service manager does. Rejects where that does not help. */
  async start(): Promise<void> {
    const isOther = this.#otherMain !== null && this.#starts++ % 2 === 0;
    const main = isOther ? (this.#otherMain ?? undefined) : undefined;
    for (let tries = 1; ; tries++) {
      try {
        this.#server = await startServerProcess(this.#directory, this.#options, main);
        return;
      } catch (error) {
        if (tries === START_TRIES) throw error;
        this.failedStarts += 1;
        process.stderr.write(`${this.name} is started again: ${String(error)}\n`);
      }
    }
  }

  /** Ends it by a signal and waits until it is gone; answers its exit code. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    return (await this.#server?.end(signal)) ?? null;
  }

  /** Stops it where it is, or lets it go on. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#server?.signal(name);
  }

  cut(cable: Cable): void {
    this.#cables[cable].cut();
  }

  heal(cable: Cable): void {
    this.#cables[cable].heal();
  }

  async close(): Promise<void> {
    this.signal('SIGCONT');
    await this.end('SIGKILL');
    this.client.close();
    for (const cable of Object.values(this.#cables)) await cable.close();
  }
}

/** Nodes, one event store and one broker, all processes. */
export class ClusterField {
  readonly nodes: readonly RigNode[];
  /** Why there is no broker; '' where there is one. Without it nodes know nothing of each other, and each decides. */
  readonly lack: string;
  readonly #folder: string;
  readonly #store: ServerChild;
  readonly #broker: TestBroker | null;

  private constructor(folder: string, store: ServerChild, broker: TestBroker | string, nodes: readonly RigNode[]) {
    this.#folder = folder;
    this.#store = store;
    this.#broker = typeof broker === 'string' ? null : broker;
    this.lack = typeof broker === 'string' ? broker : '';
    this.nodes = nodes;
  }

  /** Where the store is reached, whatever is cut. */
  get storeUrl(): string {
    return this.#store.url;
  }

  /** Where the broker is reached, whatever is cut; nowhere where there is none. */
  get brokers(): readonly string[] {
    return this.#broker?.brokers ?? [];
  }

  /** Starts everything that is to be had, with a file of responses; nodes of `otherMain`, too, where there is one. */
  static async open(names: readonly string[], responses: string, otherMain: string | null): Promise<ClusterField> {
    const brokerPorts = await Promise.all(names.map(() => freePort()));
    const brokerCables = await Promise.all(brokerPorts.map((port) => TcpProxy.open(port)));
    const doors = brokerPorts.map((port, index) => ({ port, advertisedPort: brokerCables[index]?.port ?? 0 }));
    const broker = process.env.PALISADE_KAFKA_BROKERS === undefined ? await findBroker('test', doors) : NAMED_BROKER;
    const folder = await mkdtemp(join(tmpdir(), 'palisade-cluster-'));
    await writeFile(join(folder, RULESET_FILE), await latenessRuleset());
    await writeFile(join(folder, RESPONSES_FILE), responses);
    const store = await ServerChild.start(join(folder, 'events'));
    const storePort = Number(new URL(store.url.replace('esdb:', 'http:')).port);
    const nodes: RigNode[] = [];
    for (const [index, name] of names.entries()) {
      const port = await freePort();
      const brokerCable = brokerCables[index];
      if (brokerCable === undefined) continue;
      const cables = { broker: brokerCable, store: await TcpProxy.open(storePort), peers: await TcpProxy.open(port) };
      nodes.push(new RigNode(name, folder, port, cables, otherMain));
    }
    const field = new ClusterField(folder, store, broker, nodes);
    try {
      for (const node of nodes) await node.start();
      return field;
    } catch (error) {
      await field.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const node of this.nodes) await node.close();
    await this.#store.kill();
    await this.#broker?.remove();
    await removeFolder(this.#folder);
  }
}

const NAMED_BROKER =
  'no Kafka was tried: nodes are cut off from a broker of the rig itself, so unset PALISADE_KAFKA_BROKERS';
