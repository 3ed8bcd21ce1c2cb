import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { describe, test } from 'node:test';
import { createDirectoryStore } from '../../src/adapters/directory/directory-store.ts';
import { createS3Store, type S3Settings } from '../../src/adapters/s3/s3-store.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import { fileStoreContract } from '../contracts/file-store.contract.ts';
import { S3StandIn } from '../support/s3-stand-in.ts';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not/a+secret' } as const;
const BUCKET = 'fraud-lake';

function settingsOf(endpoint: string, changes: Partial<S3Settings> = {}): S3Settings {
  const usual = { endpoint, region: 'eu-test-1', bucket: BUCKET, prefix: 'palisade/views', sessionToken: null };
  return { ...usual, ...CREDENTIALS, ...changes };
}

fileStoreContract('a folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'palisade-files-'));
  return {
    store: createDirectoryStore(root),
    contents: async () => {
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      return new Map(
        await Promise.all(
          files.map(async (file) => [relative(root, file).split(sep).join('/'), await readFile(file, 'utf8')] as const),
        ),
      );
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
});

fileStoreContract('a bucket', async () => {
  const standIn = new S3StandIn(BUCKET, CREDENTIALS);
  const endpoint = await standIn.start();
  return {
    store: createS3Store(settingsOf(endpoint)),
    contents: async () =>
      new Map(
        [...standIn.objects].map(([key, bytes]) => {
          assert.ok(key.startsWith('palisade/views/'), key);
          return [key.slice('palisade/views/'.length), new TextDecoder().decode(bytes)] as const;
        }),
      ),
    close: () => standIn.stop(),
  };
});

async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    assert.ok(isPalisadeError(error, 'OUTPUT_FAILED'), String(error));
    return error.message;
  }
  return assert.fail('was not refused');
}

describe('a bucket', () => {
  const withStandIn = async (work: (standIn: S3StandIn, endpoint: string) => Promise<void>): Promise<void> => {
    const standIn = new S3StandIn(BUCKET, CREDENTIALS);
    const endpoint = await standIn.start();
    try {
      await work(standIn, endpoint);
    } finally {
      await standIn.stop();
    }
  };
  const bytes = new Uint8Array([1, 2, 3]);

  test('that is busy is asked again', () =>
    withStandIn(async (standIn, endpoint) => {
      standIn.failures = 3;
      await createS3Store(settingsOf(endpoint)).put('a', bytes);
      assert.deepEqual(standIn.requests, Array(4).fill('PUT /fraud-lake/palisade/views/a'));
      assert.deepEqual([...standIn.objects.keys()], ['palisade/views/a']);
    }));

  test('refuses another key, another secret and another region, and the message tells why', () =>
    withStandIn(async (standIn, endpoint) => {
      const put = (changes: Partial<S3Settings>): Promise<string> =>
        refusalOf(createS3Store(settingsOf(endpoint, changes)).put('a', bytes));
      assert.match(await put({ accessKeyId: 'AKIDOTHER' }), /a, status 403, InvalidAccessKeyId/);
      assert.match(await put({ secretAccessKey: 'wrong' }), /SignatureDoesNotMatch/);
      assert.match(await put({ region: 'us-east-1' }), /AuthorizationHeaderMalformed/);
      assert.match(await put({ bucket: 'other' }), /status 404, NoSuchBucket/);
      const remove = createS3Store(settingsOf(endpoint, { bucket: 'other' })).remove('a');
      assert.match(await refusalOf(remove), /NoSuchBucket/);
      assert.equal(standIn.objects.size, 0);
    }));

  test('is sent, and signed with, the token of a session where there is one', async () => {
    const sessionToken = 'a token';
    const standIn = new S3StandIn(BUCKET, { ...CREDENTIALS, sessionToken });
    const endpoint = await standIn.start();
    try {
      await createS3Store(settingsOf(endpoint, { prefix: '', sessionToken })).put('a', bytes);
      assert.match(await refusalOf(createS3Store(settingsOf(endpoint)).put('b', bytes)), /InvalidToken/);
      assert.deepEqual([...standIn.objects.keys()], ['a']);
    } finally {
      await standIn.stop();
    }
  });

  test('that cannot be reached is told so', async () => {
    const standIn = new S3StandIn(BUCKET, CREDENTIALS);
    const endpoint = await standIn.start();
    await standIn.stop();
    assert.match(await refusalOf(createS3Store(settingsOf(endpoint)).put('a', bytes)), /refused/i);
  });
});

test('a folder that is a file is told so', async () => {
  const root = await mkdtemp(join(tmpdir(), 'palisade-files-'));
  try {
    await writeFile(join(root, 'taken'), 'a file');
    const message = await refusalOf(createDirectoryStore(join(root, 'taken')).put('a/b', new Uint8Array(1)));
    assert.match(message, /^Cannot write the file/);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
