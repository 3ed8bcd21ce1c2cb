import { createDirectoryStore } from '../../adapters/directory/directory-store.ts';
import { createS3Store } from '../../adapters/s3/s3-store.ts';
import type { FileStore } from '../../ports/table-files.ts';
import { UsageError } from '../command.ts';

const S3_FORM = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;
const DEFAULT_REGION = 'us-east-1';

/** Variables of the environment that name the keys of a store, as every S3 client reads them. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type TargetOptions = {
  /** A folder, or `s3://bucket/prefix`. */
  readonly to: string;
  readonly endpoint: string | null;
  readonly region: string | null;
};

/** The place that files are exported to. Throws UsageError where it is none, or the keys of a store are missing. */
export function openTarget({ to, endpoint, region }: TargetOptions, environment: Environment): FileStore {
  if (!to.startsWith('s3:')) {
    if (endpoint === null) return createDirectoryStore(to);
    throw new UsageError(
      `Cannot use --endpoint as --to is a folder: ${to}. Write s3://bucket/prefix, or leave it out.`,
    );
  }
  const [, bucket, prefix = ''] = S3_FORM.exec(to) ?? [];
  if (bucket === undefined) {
    throw new UsageError(`Cannot use --to as it names no bucket: ${to}. Write it as s3://bucket/prefix.`);
  }
  if (endpoint !== null && !/^https?:\/\//.test(endpoint)) {
    throw new UsageError(`Cannot use --endpoint as it is no http URL: ${endpoint}. Write http://127.0.0.1:9000.`);
  }
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = environment;
  if (accessKeyId === '' || secretAccessKey === '') {
    const names = 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
    throw new UsageError(`Cannot write to ${to} as there are no keys for it: ${names} are not set. Set both.`);
  }
  return createS3Store({
    endpoint,
    region: region ?? environment.AWS_REGION ?? DEFAULT_REGION,
    bucket,
    prefix: prefix.replace(/^\/+|\/+$/g, ''),
    accessKeyId,
    secretAccessKey,
    sessionToken: environment.AWS_SESSION_TOKEN ?? null,
  });
}
