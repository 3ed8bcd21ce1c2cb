import { createMemoryReadStore } from '../../../src/adapters/memory/memory-read-store.ts';
import { encodeFact } from '../../../src/codec/mod.ts';
import type { Fact } from '../../../src/domain/records.ts';
import type { StoredRecord } from '../../../src/ports/event-log.ts';
import type { OutboxEntry, ReadStore } from '../../../src/ports/read-store.ts';
import { ProjectionRunner } from '../../../src/runtime/projection-runner.ts';
import { RulesetProjections } from '../../../src/runtime/views/ruleset-projections.ts';
import { ViewQueries } from '../../../src/runtime/views/view-queries.ts';

/** A log in an array, which takes a fact with an id once. */
export class ArrayLog {
  readonly records: StoredRecord[] = [];
  readonly #ids = new Set<string>();

  append(recordId: string, fact: Fact): void {
    this.appendBody(recordId, fact.type, encodeFact(fact));
  }

  appendBody(recordId: string, type: string, body: string): void {
    if (this.#ids.has(recordId)) return;
    this.#ids.add(recordId);
    this.records.push({ position: this.records.length + 1, recordId, type, body, streams: [] });
  }

  after(position: number, maxCount: number): readonly StoredRecord[] {
    return this.records.slice(position, position + maxCount);
  }

  ofType(type: string): readonly StoredRecord[] {
    return this.records.filter((record) => record.type === type);
  }
}

/** Projections over an array, in one thread. `fails` throws in the append of facts where a test wants a crash. */
export class RunnerRig {
  readonly log: ArrayLog;
  readonly store: ReadStore;
  readonly runner: ProjectionRunner;
  readonly queries: ViewQueries;
  failure: Error | null = null;

  constructor(log: ArrayLog, store: ReadStore = createMemoryReadStore(), isLosing: () => boolean = () => false) {
    this.log = log;
    this.store = store;
    const declared = new RulesetProjections();
    this.runner = new ProjectionRunner({
      store,
      readAll: async (after, maxCount) => log.after(after, maxCount),
      projectionsOf: (ruleset) => declared.of(ruleset),
      append: async (entries: readonly OutboxEntry[]) => {
        if (isLosing()) throw new Error('the process is gone');
        for (const { recordId, type, body } of entries) log.appendBody(recordId, type, body);
        if (isLosing()) throw new Error('the process is gone');
      },
      failed: (error) => {
        this.failure = error;
      },
    });
    this.queries = new ViewQueries(this.runner, declared);
    this.runner.start();
  }

  /** Takes everything in that is in the log, in batches of a size, and what that adds to it. */
  async follow(batch = 7): Promise<void> {
    while (this.failure === null && this.runner.position < this.log.records.length) {
      await this.runner.apply(this.log.after(this.runner.position, batch));
      await this.runner.settled();
    }
    await this.runner.settled();
  }

  rows(view: string): readonly unknown[] {
    const query = { view, limit: 1000, cursor: null, equal: {}, fromMs: null, toMs: null };
    return this.queries.rows(query)?.rows ?? [];
  }

  /** Every table of every projection that is live, but for which alerts were raised under which ruleset. */
  contents(): unknown {
    return this.runner
      .readable()
      .map(({ projection, tables, checkpoint }) => [
        projection.name,
        projection.version,
        checkpoint,
        ...projection.tables
          .filter(({ name }) => name !== 'raised')
          .map(({ name }) => tables.select(name, { where: [], orderBy: [], limit: 100_000 })),
      ]);
  }
}

/** A metric of a device, as the log has it. */
export function metricOf(id: string, atMs: number, deviceId: string, metrics: Record<string, number>): Fact {
  const occurredAt = new Date(atMs).toISOString();
  return {
    type: 'MetricRecorded',
    metric: { type: 'metric', eventId: id, occurredAt, deviceId, metrics },
    recordedAt: occurredAt,
  };
}

/** A ruleset, as the log has it. */
export function publishedOf(text: string, version: string): Fact {
  return { type: 'RulesetPublished', version, text, recordedAt: '2026-01-31T00:00:00.000Z' };
}
