import { decodeFact, epochMsOf } from '../codec/mod.ts';
import { EVENT_SOURCES, type EventSource } from '../domain/events.ts';
import type { Fact } from '../domain/records.ts';
import type { FeatureTimes, LatePolicy } from '../domain/views.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Ruleset } from '../rules/mod.ts';
import { Watermark } from '../views/mod.ts';

/** An event came too late: what the ruleset says of such, and how far its stream was, ms. */
export type LateVerdict = { readonly policy: LatePolicy; readonly watermarkMs: number };

/** Newest records of the log that tell where the watermarks were when the process ended. */
const TAIL_RECORDS = 10_000;
const PAGE_RECORDS = 1000;

function perSource<Value>(make: (source: EventSource) => Value): Record<EventSource, Value> {
  return { transaction: make('transaction'), login: make('login'), signal: make('signal') };
}

/** Watermarks of the streams that features look at, one for each producer as views have them. */
export class LateGate {
  readonly times: FeatureTimes;
  readonly #watermarks: Readonly<Record<EventSource, Watermark>>;

  constructor(times: FeatureTimes) {
    this.times = times;
    this.#watermarks = perSource((source) => new Watermark(times[source], null));
  }

  /** Null for an event in time. The event moves the watermark on, for those after it. O(log producers). */
  judge(source: EventSource, producer: string, atMs: number, recordedMs: number): LateVerdict | null {
    const watermark = this.#watermarks[source];
    const { late: policy, latenessMs } = this.times[source];
    const { watermarkMs } = watermark;
    watermark.take(producer, atMs, recordedMs);
    return atMs < watermarkMs - latenessMs ? { policy, watermarkMs } : null;
  }

  /** Of the streams of which an event was seen. */
  watermarksMs(): Partial<Record<EventSource, number>> {
    const known = EVENT_SOURCES.map((source) => [source, this.#watermarks[source].watermarkMs] as const);
    return Object.fromEntries(known.filter(([, watermarkMs]) => watermarkMs > 0));
  }
}

/**
 * The gate of a ruleset; null where its features take every event in. `before` goes on where its times are the same,
 * else the newest records of the log move the watermarks on: one that only older records had moved is lower than it
 * was, and what comes is taken in rather than left out. Rejects with LOG_ errors.
 */
export async function openLateGate(log: EventLog, ruleset: Ruleset, before: LateGate | null): Promise<LateGate | null> {
  const { featureTimes } = ruleset;
  if (featureTimes === null) return null;
  if (before !== null && JSON.stringify(before.times) === JSON.stringify(featureTimes)) return before;
  const gate = new LateGate(featureTimes);
  const { headPosition } = log.statistics();
  for (let after = Math.max(0, headPosition - TAIL_RECORDS); after < headPosition; ) {
    const records = await log.readAll(after, PAGE_RECORDS);
    for (const { type, body } of records) {
      if (type === 'TransactionDecided' || type === 'SideEventRecorded') takeAgain(gate, decodeFact(type, body));
    }
    after = records.at(-1)?.position ?? headPosition;
  }
  return gate;
}

function takeAgain(gate: LateGate, fact: Fact): void {
  if (fact.type === 'TransactionDecided') {
    const { producer = '', occurredAt } = fact.transaction;
    gate.judge('transaction', producer, epochMsOf(occurredAt), epochMsOf(fact.decision.decidedAt));
  } else if (fact.type === 'SideEventRecorded') {
    const { type, producer = '', occurredAt } = fact.event;
    if (type !== 'login' && type !== 'signal') return;
    gate.judge(type, producer, epochMsOf(occurredAt), epochMsOf(fact.recordedAt));
  }
}
