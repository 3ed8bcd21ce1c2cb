import { Buffer } from 'node:buffer';
import { NO_STREAM } from '../../domain/entities.ts';
import type { RecordDraft } from '../../ports/event-log.ts';
import type { Draft } from './draft.ts';
import type { DraftBatch } from './messages.ts';

/** Numbers of a draft before those of its streams. */
const HEAD_NUMBERS = 4;
const STREAM_NUMBERS = 2;
/** Bytes that one UTF-16 code unit becomes at most. */
const BYTES_PER_UNIT_MAX = 3;

/** Writes texts one after the other, into a larger buffer where one might not fit. */
class TextWriter {
  #bytes: Buffer<ArrayBuffer>;
  #end = 0;

  constructor(byteCount: number) {
    this.#bytes = Buffer.allocUnsafeSlow(byteCount);
  }

  /** Appends a text; answers the number of bytes. */
  put(text: string): number {
    const room = this.#bytes.length - this.#end;
    if (room < text.length * BYTES_PER_UNIT_MAX && room < Buffer.byteLength(text)) this.#grow(text.length);
    const written = this.#bytes.write(text, this.#end);
    this.#end += written;
    return written;
  }

  /** What was written; the buffer is the caller's now. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#end);
  }

  #grow(unitCount: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * this.#bytes.length + unitCount * BYTES_PER_UNIT_MAX);
    larger.set(this.take());
    this.#bytes = larger;
  }
}

/** Packs drafts for the way to the thread that stores them. O(bytes). */
export function packDrafts(drafts: readonly RecordDraft[], answeredCount: number): DraftBatch {
  let units = 0;
  let streamCount = 0;
  for (const { recordId, type, body, streams } of drafts) {
    units += recordId.length + type.length + body.length;
    for (const { stream } of streams) units += stream.length;
    streamCount += streams.length;
  }
  const numbers = new Float64Array(drafts.length * HEAD_NUMBERS + streamCount * STREAM_NUMBERS);
  const writer = new TextWriter(units);
  let next = 0;
  for (const { recordId, type, body, streams } of drafts) {
    numbers[next++] = writer.put(recordId);
    numbers[next++] = writer.put(type);
    numbers[next++] = writer.put(body);
    numbers[next++] = streams.length;
    for (const { stream, expectedRevision } of streams) {
      numbers[next++] = writer.put(stream);
      numbers[next++] = expectedRevision;
    }
  }
  return { count: drafts.length, answeredCount, bytes: writer.take(), numbers };
}

/** The drafts of a batch, in order. The body of each is a view of the batch. */
export function* draftsIn({ count, answeredCount, bytes, numbers }: DraftBatch): Generator<Draft> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let next = 0;
  const text = (): string => {
    const from = at;
    at += numbers[next++] ?? 0;
    return buffer.toString('utf8', from, at);
  };
  for (let index = 0; index < count; index++) {
    const recordId = text();
    const type = text();
    const bodyFrom = at;
    at += numbers[next++] ?? 0;
    const body = buffer.subarray(bodyFrom, at);
    const streamCount = numbers[next++] ?? 0;
    const names: string[] = [];
    const expected: number[] = [];
    for (let stream = 0; stream < streamCount; stream++) {
      names.push(text());
      expected.push(numbers[next++] ?? NO_STREAM);
    }
    yield { recordId, type, body, names, expected, answeredCount };
  }
}
