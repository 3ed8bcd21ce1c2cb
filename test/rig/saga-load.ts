import { createServer, type IncomingMessage, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Sandbox, sandboxResponses, startSandbox } from '../../src/cli/sandbox/sandbox-server.ts';
import type { Behaviour } from '../../src/cli/sandbox/sandbox-world.ts';
import type { SeededRandom, Weighted } from '../support/seeded-random.ts';
import type { Answer } from './client.ts';
import type { RigNode } from './cluster-field.ts';

/** What a freeze has a receiver do, each once. */
const EFFECTS = ['card.freeze', 'cardholder.notify', 'case.open'] as const;
const RECEIVERS = ['card-processor', 'notifier', 'cases'] as const;
const BEHAVIOURS: Weighted<Behaviour> = [
  ['ok', 4],
  ['lost_reply', 2],
  ['duplicate', 1],
  ['error', 1],
  ['down', 1],
];
const TRY_MS_MAX = 3_000;
const PAUSE_MS = 100;
const END_MS_MAX = 300_000;
/** Time after which an operator has sent at once what waits for a receiver that was away. */
const PATIENCE_MS = 5_000;

/** What became of the sagas. */
export type SagaFindings = {
  sagas: number;
  /** Sagas that some node does not show in their end state. */
  sagas_open: number;
  /** Effects beyond the one that each saga is to have, by id, or missing. */
  effects_off: number;
  /** Attempts at these effects, repeats included. */
  effect_attempts: number;
};

/** Freezes cards through any node, at receivers that fail, lose answers and confirm to whichever node answers. */
export class SagaLoad {
  readonly #sandbox: Sandbox;
  readonly #door: Server;
  readonly #random: SeededRandom;
  readonly #starting: Promise<void>[] = [];
  #nodes: readonly RigNode[] = [];
  #count = 0;
  #open = 0;
  #attempts = 0;
  #isClosed = false;

  private constructor(sandbox: Sandbox, door: Server, random: SeededRandom) {
    this.#sandbox = sandbox;
    this.#door = door;
    this.#random = random;
  }

  static async open(random: SeededRandom): Promise<SagaLoad> {
    const sandbox = await startSandbox({ host: '127.0.0.1', port: 0, secret: null, confirmTo: '' });
    const door = createServer();
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
    const load = new SagaLoad(sandbox, door, random);
    const address = door.address();
    sandbox.confirmTo(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
    door.on('request', (request, response) => {
      void load.#confirm(request).then((status) => response.writeHead(status).end());
    });
    return load;
  }

  /** The file of responses of every node: its endpoints alone, so that no payment starts a saga. */
  get responses(): string {
    const { endpoints }: { endpoints: Record<string, unknown> } = JSON.parse(
      JSON.stringify(sandboxResponses(this.#sandbox)),
    );
    const named = RECEIVERS.map((name) => [name, endpoints[name]]);
    return JSON.stringify({ endpoints: Object.fromEntries(named) });
  }

  get findings(): SagaFindings {
    const done = EFFECTS.map((type) => this.#sandbox.world.effects.get(type) ?? 0);
    const off = done.reduce((sum, count) => sum + Math.abs(count - this.#count), 0);
    return { sagas: this.#count, sagas_open: this.#open, effects_off: off, effect_attempts: this.#attempts };
  }

  /** Starts some sagas, and has receivers behave otherwise from now on. */
  round(nodes: readonly RigNode[], sagas: number): void {
    this.#nodes = nodes;
    for (const name of RECEIVERS) this.#sandbox.world.behaviours.set(name, this.#random.weighted(BEHAVIOURS));
    for (let left = sagas; left > 0; left--) this.#starting.push(this.#start(`frozen-${this.#count++}`));
  }

  /** Lets the receivers work, and waits until every node shows every saga in its end state. */
  async finish(): Promise<void> {
    for (const name of RECEIVERS) this.#sandbox.world.behaviours.set(name, 'ok');
    await Promise.all(this.#starting);
    const startMs = performance.now();
    const ids = Array.from({ length: this.#count }, (_, index) => `frozen-${index}`);
    let left = this.#nodes.flatMap((node) => ids.map((id) => ({ node, id })));
    for (let helpedMs = startMs; left.length > 0 && performance.now() - startMs < END_MS_MAX; ) {
      const still: typeof left = [];
      for (const one of left) if (!(await this.#hasEnded(one.node, one.id))) still.push(one);
      left = still;
      if (left.length === 0) break;
      await sleep(PAUSE_MS);
      if (performance.now() - helpedMs < PATIENCE_MS) continue;
      helpedMs = performance.now();
      for (const id of new Set(left.map((one) => one.id))) await this.#ask(`/v1/sagas/freeze-card/${id}/retry`, '{}');
    }
    for (const { node, id } of left) process.stderr.write(`the saga of ${id} has not ended at ${node.name}\n`);
    this.#open = new Set(left.map(({ id }) => id)).size;
    this.#attempts = this.#sandbox.world.calls.length;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#sandbox.close();
    this.#door.closeAllConnections();
    await new Promise((resolve) => this.#door.close(resolve));
  }

  async #start(id: string): Promise<void> {
    const body = JSON.stringify({ kind: 'freeze-card', id, requestId: `freeze-${id}`, by: 'rig' });
    while (!this.#isClosed && (await this.#ask('/v1/sagas', body)) !== 202) await sleep(PAUSE_MS);
  }

  async #hasEnded(node: RigNode, id: string): Promise<boolean> {
    const { status, body } = await node.client.get(`/v1/sagas/freeze-card/${id}`);
    const { saga }: { saga?: { state?: string } } = status === 200 ? JSON.parse(body) : {};
    return saga?.state === 'frozen';
  }

  /** Has any node answer, the next one where one does not; the status, or 0. */
  async #ask(path: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
    const node = this.#random.pick(this.#nodes);
    const asked = node.client.post(path, body, headers).catch(() => null);
    const answer: Answer | null | undefined = await Promise.race([asked, sleep(TRY_MS_MAX, undefined)]);
    return answer?.status ?? 0;
  }

  /** A receiver's word, which it repeats until a node has taken it. */
  async #confirm(request: IncomingMessage): Promise<number> {
    request.setEncoding('utf8');
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const signed = Object.entries(request.headers).flatMap(([name, value]) =>
      name.startsWith('webhook-') && typeof value === 'string' ? [[name, value] as const] : [],
    );
    while (!this.#isClosed) {
      const status = await this.#ask(`/v1/confirmations${request.url}`, body, Object.fromEntries(signed));
      if (status === 200 || (status >= 400 && status < 500)) return status;
      await sleep(PAUSE_MS);
    }
    return 503;
  }
}
