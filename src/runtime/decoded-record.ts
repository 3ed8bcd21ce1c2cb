import { decodeFact } from '../codec/mod.ts';
import type { Position } from '../domain/entities.ts';
import type { Fact } from '../domain/records.ts';
import type { StoredRecord } from '../ports/event-log.ts';
import type { ProjectedRecord } from '../ports/projection.ts';

/** A record whose fact is decoded when it is first asked for, once for all projections. */
export class DecodedRecord implements ProjectedRecord {
  readonly position: Position;
  readonly recordId: string;
  readonly type: string;
  readonly body: string;
  readonly streams: StoredRecord['streams'];
  #fact: Fact | null = null;

  constructor({ position, recordId, type, body, streams }: StoredRecord) {
    this.position = position;
    this.recordId = recordId;
    this.type = type;
    this.body = body;
    this.streams = streams;
  }

  /** Throws RECORD_UNREADABLE. */
  get fact(): Fact {
    this.#fact ??= decodeFact(this.type, this.body);
    return this.#fact;
  }
}
