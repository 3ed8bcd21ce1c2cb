import { decodeFact } from '../../codec/mod.ts';
import type { Position, Revision, StreamName } from '../../domain/entities.ts';
import type { Fact } from '../../domain/records.ts';
import type { EventLog, StoredRecord } from '../../ports/event-log.ts';

/** A record of a stream, decoded. */
export type PageRecord = {
  readonly position: Position;
  readonly streams: StoredRecord['streams'];
  readonly fact: Fact;
};

/** Few at a time: they are decoded on the thread that decides. */
const PAGE_RECORDS = 128;

/** Records of streams as one review reads them: each page is read and decoded once. */
export class StreamPages {
  readonly #log: Pick<EventLog, 'readStream'>;
  readonly #pages = new Map<string, readonly PageRecord[]>();

  constructor(log: Pick<EventLog, 'readStream'>) {
    this.#log = log;
  }

  /** Records of a stream from one revision to before another, oldest first. Rejects with LOG_ or RECORD_UNREADABLE. */
  async range(stream: StreamName, from: Revision, end: Revision): Promise<readonly PageRecord[]> {
    const found: PageRecord[] = [];
    for (let first = from - (from % PAGE_RECORDS); first < end; first += PAGE_RECORDS) {
      const page = await this.#page(stream, first);
      found.push(...page.slice(Math.max(0, from - first), end - first));
      if (page.length < PAGE_RECORDS) break;
    }
    return found;
  }

  async #page(stream: StreamName, first: Revision): Promise<readonly PageRecord[]> {
    const name = `${first} ${stream}`;
    const known = this.#pages.get(name);
    if (known !== undefined) return known;
    const records = await this.#log.readStream(stream, first, PAGE_RECORDS);
    const page = records.map(({ position, streams, type, body }) => ({
      position,
      streams,
      fact: decodeFact(type, body),
    }));
    this.#pages.set(name, page);
    return page;
  }
}
