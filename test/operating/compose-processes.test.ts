import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type CliProcess, drivesNode } from '../integration/engine-process.ts';
import { type HttpCaller, paymentText } from '../integration/http-caller.ts';
import { onWorkbench, type Workbench } from '../integration/workbench.ts';
import { ServerChild } from '../support/eventstoredb/server-child.ts';
import { freePort } from '../support/free-port.ts';
import { findBroker } from '../support/kafka/broker.ts';
import { type ComposeService, copiedPaths, ROOT, readCompose } from './compose-model.ts';
import { type MetricPage, missingFrom, parseMetricPage } from './metric-page.ts';
import { isOfCluster, watchedExpressions } from './watched.ts';

const LOOK_MS = 100;
/** Two minutes. */
const LOOKS_MAX = 1_200;

const { services } = readCompose();
const run = promisify(execFile);
const NODE_FOLDER = join(ROOT, 'node_modules/.bin');

/** Stands in for a container engine: the image as a folder, and its addresses and paths on this machine. */
class Machine {
  readonly bench: Workbench;
  readonly image: string;
  readonly #places = new Map<string, string>();

  constructor(bench: Workbench) {
    this.bench = bench;
    this.image = join(bench.folder, 'image');
  }

  /** Copies what the Dockerfile copies, beside the packages that are installed here. */
  async build(): Promise<void> {
    await mkdir(this.image);
    for (const path of copiedPaths()) await cp(join(ROOT, path), join(this.image, path), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(this.image, 'node_modules'));
    this.put('/etc/palisade', join(this.bench.folder, 'settings'));
    await mkdir(join(this.bench.folder, 'settings'));
  }

  /** Says where something is on this machine; what is put last goes first. */
  put(name: string, place: string): void {
    this.#places.set(name, place);
  }

  place(text: string): string {
    return [...this.#places].toReversed().reduce((so, [name, place]) => so.replaceAll(name, place), text);
  }

  /** Runs a service whose entrypoint is a shell, until it is done. */
  async runScript({ entrypoint = [], command = [] }: ComposeService): Promise<string> {
    const [shell = '', ...flags] = entrypoint;
    // Compose reads $$ as one dollar.
    const script = command.map((line) => this.place(line).replaceAll('$$', '$'));
    const PATH = `${NODE_FOLDER}${delimiter}${process.env.PATH}`;
    const { stdout } = await run(shell, [...flags, ...script], { cwd: this.image, env: { ...process.env, PATH } });
    return stdout;
  }

  /** Starts a service of the image with its very command line. */
  async start({ command = [] }: ComposeService): Promise<CliProcess> {
    const started = this.bench.launch(
      command.map((word) => this.place(word)),
      { root: this.image },
    );
    await started.until(/answers at http/);
    return started;
  }

  /** Whether the command that asks a service for its health says that it is well. */
  async isHealthy({ healthcheck }: ComposeService): Promise<boolean> {
    const [, program = '', ...args] = healthcheck?.test ?? [];
    assert.equal(program, 'node');
    try {
      await run(
        join(NODE_FOLDER, 'node'),
        args.map((word) => this.place(word)),
      );
      return true;
    } catch {
      return false;
    }
  }
}

async function onMachine(body: (machine: Machine) => Promise<void>): Promise<void> {
  await onWorkbench(async (bench) => {
    const machine = new Machine(bench);
    await machine.build();
    await body(machine);
  });
}

function service(name: string): ComposeService {
  return services[name] ?? assert.fail(`no service ${name}`);
}

const KEY = /\bpk_[\w-]+\b/;
const HOSTS = ['sandbox:', 'responder:', 'engine-1:', 'engine-2:', 'engine-3:', '0.0.0.0'];

/** Puts an engine's port and folder, and whoever it calls by name, on this machine. */
async function putEngine(machine: Machine, name: string): Promise<void> {
  machine.put('8080', String(await freePort()));
  machine.put('/var/lib/palisade', join(machine.bench.folder, name));
  for (const host of HOSTS) machine.put(host, host.endsWith(':') ? '127.0.0.1:' : '127.0.0.1');
}

describe('the processes of docker-compose.yml', { skip: drivesNode }, () => {
  test('embedded: keys, sandbox and engine start as they are told, and are well', () =>
    onMachine(async (machine) => {
      machine.put('9090', String(await freePort()));
      await putEngine(machine, 'data');
      const key = KEY.exec(await machine.runScript(service('keys')))?.[0] ?? assert.fail('no key was shown');
      assert.equal(await machine.runScript(service('keys')), '', 'a second run changes nothing');
      assert.equal(await machine.isHealthy(service('sandbox')), false);
      const sandbox = await machine.start(service('sandbox'));
      assert.ok(await machine.isHealthy(service('sandbox')));
      assert.equal(await machine.isHealthy(service('palisade')), false);
      const engine = await machine.start(service('palisade'));
      assert.ok(await machine.isHealthy(service('palisade')));
      const caller = machine.bench.call(engine, { key });
      assert.equal((await caller.authorize(paymentText('payment-1'))).status, 200);
      const saga = JSON.stringify({ kind: 'freeze-card', id: 'card-1', requestId: 'r1', by: 'alice' });
      const before = await readFile(machine.place('/etc/palisade/responses.yaml'), 'utf8');
      await sandbox.end('SIGTERM');
      await machine.start(service('sandbox'));
      assert.equal(await readFile(machine.place('/etc/palisade/responses.yaml'), 'utf8'), before);
      assert.equal((await caller.send('POST', '/v1/sagas', saga)).status, 202);
      for (;;) {
        const { status, text } = await caller.get('/v1/sagas/freeze-card/card-1');
        if (status === 200 && JSON.parse(text).saga.state === 'frozen') break;
        await sleep(LOOK_MS);
      }
      const reader = (await readFile(machine.place('/etc/palisade/prometheus.key'), 'utf8')).trim();
      const scraper = machine.bench.call(engine, { key: reader });
      assert.match((await scraper.get('/metrics')).text, /^palisade_ready 1$/m);
      assert.equal((await scraper.authorize(paymentText('payment-2'))).status, 403);
    }));

  test('cluster: three nodes find each other, and decide on one event store', async (context: TestContext) => {
    const broker = await findBroker();
    if (typeof broker === 'string') {
      context.skip(broker);
      return;
    }
    try {
      await onMachine(async (machine) => {
        const store = await ServerChild.start(join(machine.bench.folder, 'events'));
        try {
          await tryCluster(machine, store.url, broker.brokers.join(','));
        } finally {
          await machine.bench.endAll();
          await store.kill();
        }
      });
    } finally {
      await broker.remove();
    }
  });
});

async function tryCluster(machine: Machine, store: string, brokers: string): Promise<void> {
  machine.put('9090', String(await freePort()));
  await putEngine(machine, 'engine-1');
  const key = KEY.exec(await machine.runScript(service('keys')))?.[0] ?? assert.fail('no key was shown');
  await machine.start(service('sandbox'));
  machine.put('esdb://kurrentdb:2113?tls=false', store);
  machine.put('kafka:9092', brokers);
  const callers: HttpCaller[] = [];
  for (const [index, name] of ['engine-1', 'engine-2', 'engine-3'].entries()) {
    if (index > 0) await putEngine(machine, name);
    const engine = await machine.start(service(name));
    assert.ok(await machine.isHealthy(service(name)), name);
    callers.push(machine.bench.call(engine, { key }));
  }
  const pages = async (): Promise<MetricPage[]> =>
    Promise.all(callers.map(async (caller) => parseMetricPage((await caller.get('/metrics')).text)));
  const members = async (): Promise<unknown[]> =>
    Promise.all(
      callers.map(async (caller) => /^palisade_cluster_members (\d+)$/m.exec((await caller.get('/metrics')).text)?.[1]),
    );
  while ((await members()).join() !== '3,3,3') await sleep(LOOK_MS);
  const revisions: number[] = [];
  for (const [index, caller] of callers.entries()) {
    const answer = await caller.authorize(paymentText(`payment-${index}`));
    assert.equal(answer.status, 200, answer.text);
    revisions.push(JSON.parse(answer.text).revisions.card);
  }
  assert.deepEqual(revisions, [0, 1, 2]);
  const ofCluster = watchedExpressions().filter(([, expression]) => isOfCluster(expression));
  assert.ok(ofCluster.length > 3);
  const missing = async (): Promise<readonly (readonly [string, string[]])[]> => {
    const shown = await pages();
    const all = ofCluster.flatMap(([name, expression]) =>
      shown.map((page) => [name, missingFrom(page, expression)] as const),
    );
    return all.filter(([, lacks]) => lacks.length > 0);
  };
  // What a node does for all is begun some time after it has joined.
  for (let looks = 0; looks < LOOKS_MAX && (await missing()).length > 0; looks++) await sleep(LOOK_MS);
  assert.deepEqual(await missing(), []);
}
