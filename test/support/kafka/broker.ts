import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const KAFKA_VERSION = '4.1.0';
const CACHE = fileURLToPath(new URL(`../../../node_modules/.cache/palisade-kafka-${KAFKA_VERSION}`, import.meta.url));
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>palisade</groupId><artifactId>kafka-broker</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
<version>${KAFKA_VERSION}</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>`;

const run = promisify(execFile);

/** A Kafka broker to test against. */
export type TestBroker = {
  /** `host:port`, as kafkajs takes it. */
  readonly brokers: readonly string[];
  /** Ends it as a power cut does; what was acknowledged stays. */
  kill(): Promise<void>;
  /** Starts it again on its ports. */
  start(): Promise<void>;
  /** Ends it and removes what it stored. */
  remove(): Promise<void>;
};

/**
 * A real broker: that of PALISADE_KAFKA_BROKERS, or Apache Kafka from Maven Central in a process of its own, or a text
 * that says why there is none. The jars are fetched once.
 */
export async function findBroker(): Promise<TestBroker | string> {
  const named = process.env.PALISADE_KAFKA_BROKERS ?? '';
  const nothing = (): Promise<void> => Promise.resolve();
  if (named !== '') return { brokers: named.split(','), kill: nothing, start: nothing, remove: nothing };
  try {
    await fetchJars();
    await run('java', ['-version']);
  } catch (error) {
    return `no Kafka was tried: it takes java and mvn, or PALISADE_KAFKA_BROKERS (${String(error).split('\n')[0]})`;
  }
  const broker = new LocalBroker(await mkdtemp(join(tmpdir(), 'palisade-kafka-')), await freePort(), await freePort());
  await broker.start();
  return broker;
}

/** Fetches the jars of the broker into the cache, where they are not there yet. */
async function fetchJars(): Promise<void> {
  if (existsSync(CACHE)) return;
  await mkdir(dirname(CACHE), { recursive: true });
  const folder = await mkdtemp(`${CACHE}-`);
  try {
    await writeFile(join(folder, 'pom.xml'), POM);
    const options = ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib'];
    await run('mvn', options, { cwd: folder });
    await rename(join(folder, 'lib'), CACHE);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

class LocalBroker implements TestBroker {
  readonly brokers: readonly string[];
  readonly #folder: string;
  readonly #controllerPort: number;
  #child: ChildProcess | null = null;

  constructor(folder: string, port: number, controllerPort: number) {
    this.brokers = [`127.0.0.1:${port}`];
    this.#folder = folder;
    this.#controllerPort = controllerPort;
  }

  async start(): Promise<void> {
    const properties = join(this.#folder, 'server.properties');
    if (!existsSync(properties)) await this.#format(properties);
    const child = spawn('java', [...javaOptions('-Xmx512m'), 'kafka.Kafka', properties], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-20_000);
        if (/Kafka Server started/.test(said)) resolve();
      });
      child.once('exit', (code) => reject(new Error(`the broker ended with ${code}:\n${said}`)));
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #format(properties: string): Promise<void> {
    const settings = {
      'process.roles': 'broker,controller',
      'node.id': '1',
      listeners: `PLAINTEXT://${this.brokers[0]},CONTROLLER://127.0.0.1:${this.#controllerPort}`,
      'advertised.listeners': `PLAINTEXT://${this.brokers[0]}`,
      'controller.listener.names': 'CONTROLLER',
      'controller.quorum.voters': `1@127.0.0.1:${this.#controllerPort}`,
      'log.dirs': join(this.#folder, 'data'),
      'num.partitions': '4',
      'offsets.topic.num.partitions': '4',
      'offsets.topic.replication.factor': '1',
      'transaction.state.log.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
      'group.initial.rebalance.delay.ms': '0',
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    await writeFile(properties, lines.join('\n'));
    const { stdout } = await run('java', [...javaOptions(), 'kafka.tools.StorageTool', 'random-uuid']);
    const id = stdout.trim().split('\n').at(-1) ?? '';
    await run('java', [...javaOptions(), 'kafka.tools.StorageTool', 'format', '-t', id, '-c', properties]);
  }
}

function javaOptions(...more: readonly string[]): string[] {
  return [...more, '-Dorg.slf4j.simpleLogger.defaultLogLevel=info', '-cp', `${CACHE}/*`];
}
