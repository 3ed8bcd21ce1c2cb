import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';

/** One event as it lies in the file and in memory. */
export type StoredEvent = {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  /** 100 ns ticks since 1970. */
  readonly created: string;
  /** Place in the whole log: grows, with gaps, as a byte offset does. */
  readonly position: number;
};

type EventLine = Omit<StoredEvent, 'data' | 'metadata'> & { readonly data: string; readonly metadata: string };

/**
 * Events in a file, one append a line, written before it is answered: what was answered outlives the process. A line
 * that a kill cut short was never answered, and is dropped when the file is opened.
 */
export class EventFile {
  readonly #descriptor: number;

  /** Opens a file, or makes it, and gives each append that it holds. */
  constructor(path: string, restore: (events: readonly StoredEvent[]) => void) {
    if (!existsSync(path)) writeFileSync(path, '');
    const text = readFileSync(path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    for (const line of whole.split('\n')) if (line !== '') restore(parseLine(line));
    truncateSync(path, Buffer.byteLength(whole));
    this.#descriptor = openSync(path, 'a');
  }

  write(events: readonly StoredEvent[]): void {
    const lines = events.map(({ data, metadata, ...rest }) => ({
      ...rest,
      data: Buffer.from(data).toString('base64'),
      metadata: Buffer.from(metadata).toString('base64'),
    }));
    const bytes = Buffer.from(`${JSON.stringify(lines)}\n`);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#descriptor, bytes, done, bytes.length - done);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function parseLine(line: string): StoredEvent[] {
  const lines: EventLine[] = JSON.parse(line);
  return lines.map(({ data, metadata, ...rest }) => ({
    ...rest,
    data: Buffer.from(data, 'base64'),
    metadata: Buffer.from(metadata, 'base64'),
  }));
}
