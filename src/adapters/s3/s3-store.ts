import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import { PalisadeError } from '../../domain/errors.ts';
import type { FileStore } from '../../ports/table-files.ts';

export type S3Settings = {
  /** Address of an S3-compatible store, such as http://127.0.0.1:9000; null for Amazon's. */
  readonly endpoint: string | null;
  readonly region: string;
  readonly bucket: string;
  /** Beginning of every key, without a slash at either end; '' for none. */
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
};

/** Times that a request is tried again after an answer of 500 and above or 429; the pause doubles from 50 ms. */
const RETRIES = 6;
/** An answer later than this is given up. */
const TIMEOUT_MS = 120_000;
const STATUS_GONE = 404;

/** Reason in the XML of an answer, as in `<Code>NoSuchBucket</Code>`. */
function reasonOf(status: number, body: string): string {
  const code = /<Code>([^<]{1,100})<\/Code>/.exec(body)?.[1];
  return code === undefined ? `status ${status}` : `status ${status}, ${code}`;
}

function failed(what: string, key: string, reason: string, cause?: unknown): PalisadeError {
  const message =
    `Cannot ${what} the object as the store does not take it: ${key}, ${reason}. ` +
    'Check --to, --endpoint, the region and the keys.';
  return new PalisadeError('OUTPUT_FAILED', message, { cause });
}

/**
 * Objects in a bucket, addressed by path (endpoint/bucket/key), as every S3-compatible store understands it. Requests
 * are signed with AWS Signature Version 4, the body included.
 */
export function createS3Store(settings: S3Settings): FileStore {
  const { endpoint, region, bucket, prefix, accessKeyId, secretAccessKey, sessionToken } = settings;
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === null ? {} : { sessionToken }),
    service: 's3',
    region,
    retries: RETRIES,
  });
  const root = (endpoint ?? `https://s3.${region}.amazonaws.com`).replace(/\/+$/, '');

  async function send(what: string, method: 'PUT' | 'DELETE', path: string, bytes: Uint8Array): Promise<void> {
    const key = prefix === '' ? path : `${prefix}/${path}`;
    const address = [bucket, ...key.split('/')].map(encodeURIComponent).join('/');
    const headers = { 'x-amz-content-sha256': createHash('sha256').update(bytes).digest('hex') };
    const body = method === 'PUT' ? new Uint8Array(bytes) : null;
    let response: Response;
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      response = await client.fetch(`${root}/${address}`, { method, headers, body, signal });
    } catch (cause) {
      const detail = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
      throw failed(what, key, detail, cause);
    }
    const text = await response.text();
    if (response.ok || (method === 'DELETE' && response.status === STATUS_GONE && !text.includes('NoSuchBucket')))
      return;
    throw failed(what, key, reasonOf(response.status, text));
  }

  return {
    put: (path, bytes) => send('write', 'PUT', path, bytes),
    remove: (path) => send('remove', 'DELETE', path, new Uint8Array(0)),
  };
}
