import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { PalisadeError } from '../../domain/errors.ts';

/** Bytes of an input, unpacked where they were gzipped, with how far the reading has come. */
export type InputBytes = {
  readonly bytes: Readable;
  /** Share of the input that was read, 0 to 1; 0 where the size is not known. */
  readonly share: () => number;
};

const CHUNK_BYTES = 256 * 1024;
const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** An input file that cannot be used, as an error with the path in it. */
export function inputError(path: string, what: string, cause?: unknown): PalisadeError {
  const detail = cause instanceof Error ? `${what}: ${cause.message}` : what;
  return new PalisadeError('INPUT_FILE', `Cannot read ${path} as ${detail}. Correct the file or its path.`, { cause });
}

async function sizeOf(path: string): Promise<number> {
  try {
    const file = await stat(path);
    if (file.isDirectory()) throw inputError(path, 'it is a folder');
    return file.size;
  } catch (error) {
    throw error instanceof PalisadeError ? error : inputError(path, 'it cannot be opened', error);
  }
}

function startsAsGzip(chunk: Uint8Array): boolean {
  return chunk[0] === GZIP_MAGIC[0] && chunk[1] === GZIP_MAGIC[1];
}

/** Unpacks by the first two bytes (RFC 1952), so that a name without .gz works too. */
async function unpack(source: AsyncIterable<Uint8Array>): Promise<Readable> {
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* whole(): AsyncGenerator<Uint8Array> {
    try {
      if (first.done === true) return;
      yield first.value;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  const packed = Readable.from(whole(), { objectMode: false, highWaterMark: CHUNK_BYTES });
  if (first.done === true || !startsAsGzip(first.value)) return packed;
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // The reader of `gunzip` sees the error as well; here it only must not go unhandled.
  pipeline(packed, gunzip).catch(() => undefined);
  return gunzip;
}

/** Opens a file, or standard input for `-`. Rejects with INPUT_FILE where it cannot be opened. */
export async function openInput(path: string, stdin: AsyncIterable<Uint8Array>): Promise<InputBytes> {
  if (path === '-') return { bytes: await unpack(stdin), share: () => 0 };
  const size = await sizeOf(path);
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const share = (): number => (size === 0 ? 1 : file.bytesRead / size);
  try {
    return { bytes: await unpack(file), share };
  } catch (error) {
    throw inputError(path, 'it cannot be opened', error);
  }
}
