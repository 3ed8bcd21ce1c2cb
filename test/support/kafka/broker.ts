import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';
import { removeFolder } from '../remove-folder.ts';

const KAFKA_VERSION = '4.1.0';
const CACHE = fileURLToPath(new URL(`../../../node_modules/.cache/palisade-kafka-${KAFKA_VERSION}`, import.meta.url));
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>palisade</groupId><artifactId>kafka-broker</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
<version>${KAFKA_VERSION}</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>`;

/** Tests are over before a better compiler or collector would pay. */
const QUICK_START = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'] as const;

/** Who may log in to a broker of the tests; it is gone with it. */
const ACCOUNT = { username: 'palisade', password: 'broker-of-a-test' } as const;

const FETCH_MS_MAX = 180_000;

const run = promisify(execFile);

/** Where a broker is reached over TLS, by whom, and the file of the authority that its certificate is of. */
export type SecureListener = {
  readonly broker: string;
  readonly username: string;
  readonly password: string;
  readonly caFile: string;
};

type BrokerPorts = { readonly plain: number; readonly controller: number; readonly secure: number };

/** What a broker is for. */
export type BrokerUse = 'test' | 'bench';

/** A Kafka broker to test against. */
export type TestBroker = {
  /** `host:port`, as kafkajs takes it. */
  readonly brokers: readonly string[];
  /** The same broker over TLS, for those who log in; null for a named one. */
  readonly secure: SecureListener | null;
  /** Ends it as a power cut does; what was acknowledged stays. */
  kill(): Promise<void>;
  /** Starts it again on its ports. */
  start(): Promise<void>;
  /** Ends it and removes what it stored. */
  remove(): Promise<void>;
};

/** A listener of the broker that clients reach by another port, as that of a proxy. */
export type BrokerDoor = { readonly port: number; readonly advertisedPort: number };

/**
 * A real broker: that of PALISADE_KAFKA_BROKERS, or Apache Kafka from Maven Central in a process of its own, or a text
 * that says why there is none. The jars are fetched once. For a bench it is one that is fast once it is warm.
 * `doors` are further listeners, which a named broker has not.
 */
export async function findBroker(
  use: BrokerUse = 'test',
  doors: readonly BrokerDoor[] = [],
): Promise<TestBroker | string> {
  const named = process.env.PALISADE_KAFKA_BROKERS ?? '';
  const nothing = (): Promise<void> => Promise.resolve();
  if (named !== '') return { brokers: named.split(','), secure: null, kill: nothing, start: nothing, remove: nothing };
  try {
    await fetchJars();
    await run('java', ['-version']);
  } catch (error) {
    return `no Kafka was tried: it takes java and mvn, or PALISADE_KAFKA_BROKERS (${String(error).split('\n')[0]})`;
  }
  const ports = { plain: await freePort(), controller: await freePort(), secure: await freePort() };
  const broker = new LocalBroker(await mkdtemp(join(tmpdir(), 'palisade-kafka-')), ports, use, doors);
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
    // Where no jars can be fetched it is known by then.
    await run('mvn', options, { cwd: folder, timeout: FETCH_MS_MAX });
    await rename(join(folder, 'lib'), CACHE);
  } catch (error) {
    // Another process may have been first.
    if (!existsSync(CACHE)) throw error;
  } finally {
    await removeFolder(folder);
  }
}

class LocalBroker implements TestBroker {
  readonly brokers: readonly string[];
  readonly secure: SecureListener;
  readonly #folder: string;
  readonly #controllerPort: number;
  readonly #flags: readonly string[];
  readonly #doors: readonly BrokerDoor[];
  #child: ChildProcess | null = null;

  constructor(folder: string, ports: BrokerPorts, use: BrokerUse, doors: readonly BrokerDoor[]) {
    this.brokers = [`127.0.0.1:${ports.plain}`];
    this.secure = { broker: `127.0.0.1:${ports.secure}`, ...ACCOUNT, caFile: join(folder, 'authority.pem') };
    this.#folder = folder;
    this.#controllerPort = ports.controller;
    this.#doors = doors;
    this.#flags = use === 'test' ? QUICK_START : [];
  }

  async start(): Promise<void> {
    const properties = join(this.#folder, 'server.properties');
    if (!existsSync(properties)) await this.#format(properties);
    const child = spawn('java', [...javaOptions('-Xmx512m', ...this.#flags), 'kafka.Kafka', properties], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    // A run that dies leaves no broker behind.
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
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
    await removeFolder(this.#folder);
  }

  async #format(properties: string): Promise<void> {
    const listeners = `PLAINTEXT://${this.brokers[0]},SECURE://${this.secure.broker}`;
    const inner = this.#doors.map(({ port }, index) => `,DOOR${index}://127.0.0.1:${port}`).join('');
    const outer = this.#doors.map((door, index) => `,DOOR${index}://127.0.0.1:${door.advertisedPort}`).join('');
    const plain = this.#doors.map((_, index) => `,DOOR${index}:PLAINTEXT`).join('');
    const settings = {
      'process.roles': 'broker,controller',
      'node.id': '1',
      listeners: `${listeners},CONTROLLER://127.0.0.1:${this.#controllerPort}${inner}`,
      'advertised.listeners': `${listeners}${outer}`,
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'PLAINTEXT',
      'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL${plain}`,
      ...this.#secureSettings(),
      'controller.quorum.voters': `1@127.0.0.1:${this.#controllerPort}`,
      'log.dirs': join(this.#folder, 'data'),
      'num.partitions': '4',
      'offsets.topic.num.partitions': '4',
      'offsets.topic.replication.factor': '1',
      'transaction.state.log.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
      'group.initial.rebalance.delay.ms': '0',
      // One that was killed is let in again once its session is over, and one that is slow for as long leads nothing.
      'broker.session.timeout.ms': '6000',
      'broker.heartbeat.interval.ms': '300',
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    await writeFile(properties, lines.join('\n'));
    // As Kafka writes a UUID: 16 bytes in the base64 of URLs, which must not begin with a hyphen.
    const id = `A${randomBytes(16).toString('base64url').slice(1)}`;
    const account = `SCRAM-SHA-512=[name=${ACCOUNT.username},password=${ACCOUNT.password}]`;
    const format = ['format', '-t', id, '-c', properties, '--add-scram', account];
    await Promise.all([
      run('java', [...javaOptions(...QUICK_START), 'kafka.tools.StorageTool', ...format]),
      this.#makeCertificate(),
    ]);
  }

  async #makeCertificate(): Promise<void> {
    const own = ['-alias', 'broker', '-keystore', this.#keyStore, '-storepass', ACCOUNT.password];
    const names = ['-dname', 'CN=localhost', '-ext', 'SAN=ip:127.0.0.1,dns:localhost', '-validity', '2'];
    await run('keytool', ['-genkeypair', ...own, '-keyalg', 'RSA', '-storetype', 'PKCS12', ...names]);
    await run('keytool', ['-exportcert', '-rfc', ...own, '-file', this.secure.caFile]);
  }

  get #keyStore(): string {
    return join(this.#folder, 'broker.p12');
  }

  /** A certificate of its own, and two ways to log in. */
  #secureSettings(): Record<string, string> {
    const modules = 'org.apache.kafka.common.security';
    const plain = `${modules}.plain.PlainLoginModule required user_${ACCOUNT.username}="${ACCOUNT.password}";`;
    return {
      'ssl.keystore.location': this.#keyStore,
      'ssl.keystore.password': ACCOUNT.password,
      'ssl.keystore.type': 'PKCS12',
      'sasl.enabled.mechanisms': 'SCRAM-SHA-512,PLAIN',
      'listener.name.secure.scram-sha-512.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
      'listener.name.secure.plain.sasl.jaas.config': plain,
    };
  }
}

function javaOptions(...more: readonly string[]): string[] {
  return [...more, '-Dorg.slf4j.simpleLogger.defaultLogLevel=info', '-cp', `${CACHE}/*`];
}
