import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';

export type S3Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

const REGION = 'eu-test-1';

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Uint8Array, text: string): Uint8Array {
  return createHmac('sha256', key).update(text).digest();
}

/** Percent-encoding of the signature: everything but unreserved characters, in capital letters. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

/**
 * A store that understands as much of S3 as it takes to put and delete objects by path, and refuses what is not signed
 * as AWS Signature Version 4 asks (AWS General Reference, "Create a signed AWS API request"): worked out here anew.
 */
export class S3StandIn {
  readonly region = REGION;
  readonly objects = new Map<string, Uint8Array>();
  readonly requests: string[] = [];
  /** Answers that are 503 before the next one is served. */
  failures = 0;
  readonly #bucket: string;
  readonly #credentials: S3Credentials;
  readonly #server: Server;

  constructor(bucket: string, credentials: S3Credentials) {
    this.#bucket = bucket;
    this.#credentials = credentials;
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(([status, code]) => {
        response.statusCode = status;
        response.end(code === '' ? '' : `<Error><Code>${code}</Code></Error>`);
      });
    });
  }

  /** Listens on a free port of this machine and answers the address. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<readonly [status: number, code: string]> {
    const body = await bodyOf(request);
    this.requests.push(`${request.method} ${request.url}`);
    if (this.failures > 0) {
      this.failures -= 1;
      return [503, 'SlowDown'];
    }
    const refusal = this.#refusalOf(request, body);
    if (refusal !== null) return [403, refusal];
    const [, bucket = '', ...key] = (request.url ?? '').split('?')[0]?.split('/') ?? [];
    if (bucket !== this.#bucket) return [404, 'NoSuchBucket'];
    const name = decodeURIComponent(key.join('/'));
    if (request.method === 'PUT') this.objects.set(name, body);
    else if (request.method === 'DELETE') this.objects.delete(name);
    else return [405, 'MethodNotAllowed'];
    return [request.method === 'PUT' ? 200 : 204, ''];
  }

  #refusalOf(request: IncomingMessage, body: Uint8Array): string | null {
    const form = /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
    const [, credential = '', names = '', signature = ''] = form.exec(request.headers.authorization ?? '') ?? [];
    const [key = '', date = '', region = '', service = '', last = ''] = credential.split('/');
    if (service !== 's3' || last !== 'aws4_request') return 'AuthorizationHeaderMalformed';
    if (key !== this.#credentials.accessKeyId) return 'InvalidAccessKeyId';
    if (region !== REGION) return 'AuthorizationHeaderMalformed';
    const header = (name: string): string =>
      String(request.headers[name] ?? '')
        .trim()
        .replace(/\s+/g, ' ');
    if (header('x-amz-content-sha256') !== sha256(body)) return 'XAmzContentSHA256Mismatch';
    const signed = names.split(';');
    if (!['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) => signed.includes(name))) return 'AccessDenied';
    const token = header('x-amz-security-token');
    if (token !== (this.#credentials.sessionToken ?? '')) return 'InvalidToken';
    if (token !== '' && !signed.includes('x-amz-security-token')) return 'AccessDenied';
    const url = new URL(request.url ?? '/', 'http://store');
    const path = url.pathname
      .split('/')
      .map((part) => encoded(decodeURIComponent(part)))
      .join('/');
    const query = [...url.searchParams].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort();
    const canonical = [
      request.method,
      path,
      query.join('&'),
      ...signed.map((name) => `${name}:${header(name)}`),
      '',
      names,
      sha256(body),
    ].join('\n');
    const scope = `${date}/${region}/s3/aws4_request`;
    const text = ['AWS4-HMAC-SHA256', header('x-amz-date'), scope, sha256(canonical)].join('\n');
    const secret = `AWS4${this.#credentials.secretAccessKey}`;
    const signingKey = [date, region, 's3', 'aws4_request'].reduce<string | Uint8Array>(hmac, secret);
    const expected = Buffer.from(hmac(signingKey, text)).toString('hex');
    return expected === signature ? null : 'SignatureDoesNotMatch';
  }
}
