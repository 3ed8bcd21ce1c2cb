import { decodeFact, encodeFact } from '../codec/mod.ts';
import { NO_STREAM, type Revision, type StreamName } from '../domain/entities.ts';
import { isPalisadeError, PalisadeError } from '../domain/errors.ts';
import { LIST_ENTRIES_MAX } from '../domain/limits.ts';
import { type Fact, LISTS_STREAM, RULESETS_STREAM, type RulesetPublished } from '../domain/records.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventLog, StoredRecord } from '../ports/event-log.ts';
import type { Random } from '../ports/random.ts';
import type { Publication } from '../ports/ruleset-lab.ts';
import type { ListIndex, SuppressionIndex } from '../rules/mod.ts';
import { appendSurely } from './repeated-append.ts';

const PAGE_RECORDS = 1000;
/** Times that a change is appended anew after another writer changed the same stream. */
const CONFLICT_RETRIES_MAX = 5;

/**
 * What the whole engine shares and analysts change: list entries, suppressions, the published ruleset. Each is a stream
 * of the log; a change counts once it is durable. Changes are rare and go one after the other. What another process
 * changed is taken in when a change of this one meets it.
 */
export class Registry {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #lists: ListIndex;
  readonly #suppressions: SuppressionIndex;
  readonly #revisions = new Map<StreamName, Revision>();
  #published: RulesetPublished | null = null;
  #fileVersion: string | null = null;
  readonly #publications: Publication[] = [];
  #turn: Promise<void> = Promise.resolve();

  constructor(log: EventLog, clock: Clock, random: Random, lists: ListIndex, suppressions: SuppressionIndex) {
    this.#log = log;
    this.#clock = clock;
    this.#random = random;
    this.#lists = lists;
    this.#suppressions = suppressions;
  }

  /** The ruleset that was published last, or null. */
  get published(): RulesetPublished | null {
    return this.#published;
  }

  /** Version of the ruleset that a file said last; null where none did. */
  get fileVersion(): string | null {
    return this.#fileVersion;
  }

  /** Every ruleset that was put into force, the oldest first. */
  get publications(): readonly Publication[] {
    return this.#publications;
  }

  /** The text that a version was published as last; null where it never was. O(publications). */
  async publishedText(version: string): Promise<string | null> {
    const revision = this.#publications.findLastIndex((publication) => publication.version === version);
    if (revision < 0) return null;
    const [record] = await this.#log.readStream(RULESETS_STREAM, revision, 1);
    const fact = record === undefined ? null : decodeFact(record.type, record.body);
    return fact?.type === 'RulesetPublished' ? fact.text : null;
  }

  /** Reads the streams from the start. O(changes ever made). */
  async load(): Promise<void> {
    for (const stream of [LISTS_STREAM, RULESETS_STREAM]) await this.#catchUp(stream);
  }

  /** Resolves when the changes that were asked for are durable or refused. */
  idle(): Promise<void> {
    return this.#turn;
  }

  /** Lets a change of another process count, where it is one; answers whether it is. */
  takeForeign({ type, body, streams }: StoredRecord): boolean {
    const place = streams.find(({ stream }) => stream === LISTS_STREAM || stream === RULESETS_STREAM);
    if (place === undefined) return false;
    const known = this.#revisions.get(place.stream) ?? NO_STREAM;
    if (place.revision === known + 1) {
      this.#revisions.set(place.stream, place.revision);
      this.#apply(decodeFact(type, body));
    } else if (place.revision > known) {
      this.#turn = this.#turn.then(() => this.#catchUp(place.stream)).catch(() => {});
    }
    return true;
  }

  /** Makes a change durable, then lets it count. Rejects with a LOG_ error and changes nothing. */
  change(fact: Fact): Promise<void> {
    const turn = this.#turn.then(() => this.#append(fact));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #append(fact: Fact): Promise<void> {
    if (fact.type === 'ListEntrySet' && this.#lists.size >= LIST_ENTRIES_MAX) {
      throw new PalisadeError(
        'REQUEST_INVALID',
        `Cannot add a list entry as the lists are full: ${this.#lists.size} entries. Remove some first.`,
      );
    }
    const stream = fact.type === 'RulesetPublished' ? RULESETS_STREAM : LISTS_STREAM;
    const record = { recordId: `r:${this.#random.id()}`, type: fact.type, body: encodeFact(fact) };
    for (let attempt = 0; ; attempt++) {
      const expectedRevision = this.#revisions.get(stream) ?? NO_STREAM;
      try {
        await appendSurely(this.#log, this.#clock, { ...record, streams: [{ stream, expectedRevision }] });
        this.#revisions.set(stream, expectedRevision + 1);
        this.#apply(fact);
        return;
      } catch (error) {
        if (attempt >= CONFLICT_RETRIES_MAX || !isPalisadeError(error, 'LOG_REVISION_CONFLICT')) throw error;
        await this.#catchUp(stream);
      }
    }
  }

  /** Lets the changes count that stand in the stream after the last one that is known here. */
  async #catchUp(stream: StreamName): Promise<void> {
    for (;;) {
      const revision = this.#revisions.get(stream) ?? NO_STREAM;
      const records = await this.#log.readStream(stream, revision + 1, PAGE_RECORDS);
      for (const [index, { type, body }] of records.entries()) {
        // Another process's change may have come by itself meanwhile.
        if (revision + 1 + index <= (this.#revisions.get(stream) ?? NO_STREAM)) continue;
        this.#revisions.set(stream, revision + 1 + index);
        this.#apply(decodeFact(type, body));
      }
      if (records.length < PAGE_RECORDS) return;
    }
  }

  #apply(fact: Fact): void {
    switch (fact.type) {
      case 'ListEntrySet':
        this.#lists.set(fact.entry);
        return;
      case 'ListEntryRemoved':
        this.#lists.remove(fact.list, fact.kind, fact.value);
        return;
      case 'SuppressionSet':
        this.#suppressions.set(fact.suppression);
        return;
      case 'SuppressionRemoved':
        this.#suppressions.remove(fact.ruleId, fact.kind, fact.id);
        return;
      case 'RulesetPublished':
        this.#published = fact;
        if (fact.origin?.source === 'file') this.#fileVersion = fact.version;
        this.#publications.push(publicationOf(fact));
        return;
      case 'TransactionDecided':
      case 'DecisionSuperseded':
      case 'ApprovalUnheard':
      case 'SideEventRecorded':
      case 'CaseChanged':
      case 'DraftChanged':
      case 'SagaAdvanced':
      case 'MetricRecorded':
      case 'AlertRaised':
      case 'ResultCorrected':
      case 'EventDiverted':
      case 'TableRowRecorded':
        throw new PalisadeError('RECORD_UNREADABLE', `Cannot use a ${fact.type} as a change of lists or rulesets.`);
    }
  }
}

function publicationOf({ version, recordedAt, origin }: RulesetPublished): Publication {
  const { source = null, by = '', draftId = null, approvedBy = null, note = '' } = origin ?? {};
  return { version, publishedAt: recordedAt, source, by, draftId, approvedBy, note };
}
