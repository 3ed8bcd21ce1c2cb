import { type KafkaLogin, type KafkaOptions, type KafkaTls, SASL_MECHANISMS } from '../adapters/kafka/mod.ts';
import { PalisadeError } from '../domain/errors.ts';
import { readInputFile } from './input-file.ts';

const ADDRESS = /^(?:kafka:\/\/(?:([^:@/?]*):([^@/?]*)@)?)?([^@/?]+)\/?(?:\?(.*))?$/;
const BROKER = /^(\[[0-9a-fA-F:]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/;
const DEFAULT_PORT = 9092;
const PARAMETERS = ['tls', 'sasl', 'tlsCAFile', 'userCertFile', 'userKeyFile'] as const;

/**
 * Reads the address of a Kafka cluster: `host:port,host:port`, or
 * `kafka://user:password@host:port,host:port?tls=true&sasl=scram-sha-512&tlsCAFile=PATH`. Rejects with CONFIG_INVALID,
 * which names the part, and with INPUT_FILE where a certificate cannot be read.
 */
export async function readKafkaAddress(address: string): Promise<KafkaOptions> {
  const [, username, password, hosts, query] = ADDRESS.exec(address) ?? [];
  if (hosts === undefined) {
    throw invalid('it is not of the form kafka://user:password@host:port,host:port', withoutPassword(address));
  }
  const parameters = new URLSearchParams(query ?? '');
  for (const name of parameters.keys()) {
    if (!PARAMETERS.some((known) => known === name))
      throw invalid(`there is no parameter ${name}`, PARAMETERS.join(', '));
  }
  return {
    brokers: hosts.split(',').map(brokerOf),
    tls: await tlsOf(parameters),
    login: loginOf(decoded(username), decoded(password), parameters.get('sasl')),
  };
}

function brokerOf(text: string): string {
  const [, host, port] = BROKER.exec(text.trim()) ?? [];
  const number = Number(port ?? DEFAULT_PORT);
  if (host === undefined || number < 1 || number > 65_535) throw invalid('a broker is not host:port', text);
  return `${host}:${number}`;
}

async function tlsOf(parameters: URLSearchParams): Promise<KafkaTls | null> {
  const tls = parameters.get('tls') ?? 'false';
  if (tls !== 'true' && tls !== 'false') throw invalid('tls is neither true nor false', tls);
  const [ca, cert, key] = [parameters.get('tlsCAFile'), parameters.get('userCertFile'), parameters.get('userKeyFile')];
  if (tls === 'false') {
    if (ca !== null || cert !== null || key !== null) throw invalid('certificates are for TLS', 'tls=false');
    return null;
  }
  if ((cert === null) !== (key === null)) throw invalid('userCertFile and userKeyFile go together', 'one of them');
  return {
    ...(ca === null ? {} : { ca: await readInputFile(ca, 'certificate of the authority') }),
    ...(cert === null ? {} : { cert: await readInputFile(cert, 'certificate of the client') }),
    ...(key === null ? {} : { key: await readInputFile(key, 'key of the client') }),
  };
}

function loginOf(username: string, password: string, sasl: string | null): KafkaLogin | null {
  if (username === '' && sasl === null) return null;
  if (username === '') throw invalid('sasl asks for a user and a password', `sasl=${sasl}`);
  const mechanism = SASL_MECHANISMS.find((each) => each === (sasl ?? 'scram-sha-512').toLowerCase());
  if (mechanism === undefined) throw invalid(`sasl is none of ${SASL_MECHANISMS.join(', ')}`, `${sasl}`);
  return { mechanism, username, password };
}

function decoded(text: string | undefined): string {
  try {
    return decodeURIComponent(text ?? '');
  } catch {
    throw invalid('user or password is not percent-encoded as a URL has it', 'a per cent sign stands alone');
  }
}

function withoutPassword(address: string): string {
  return address.replace(/\/\/[^@/]*@/, '//');
}

function invalid(reason: string, current: string): PalisadeError {
  const message = `Cannot use the address of Kafka as ${reason}: ${current}. Correct --kafka or PALISADE_KAFKA.`;
  return new PalisadeError('CONFIG_INVALID', message);
}
