import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Decision } from '../../../src/domain/decision.ts';
import type { Fact } from '../../../src/domain/records.ts';
import { isoAt, labelOf, loginOf, referenceOf, signalOf, transactionOf } from '../../support/event-builders.ts';
import { rulesetWithViews } from '../../views/view-rig.ts';
import { ArrayLog, metricOf, publishedOf, RunnerRig } from './runner-rig.ts';

const START_MS = Date.UTC(2026, 0, 31);
const TIME = 'event_time: { out_of_orderness: 1s, lateness: 0s, late: side_output, idle_after: 30s }';
const STREAMS = ['transaction', 'decision', 'login', 'signal', 'metric', 'reference', 'label'] as const;
type Stream = (typeof STREAMS)[number];

const DECISION: Omit<Decision, 'transactionId' | 'decidedAt'> = {
  outcome: 'approve',
  score: 0,
  mode: 'full',
  responseCode: '00',
  reasons: [],
  shadow: [],
  failures: [],
  responses: [],
  rulesetVersion: 'one',
  revisions: {},
};

/** An event of a stream that a producer sent, as the log has it. */
function factOf(stream: Stream, id: string, atMs: number, recordedMs: number, producer: string): Fact {
  const [occurredAt, recordedAt] = [isoAt(atMs), isoAt(recordedMs)];
  const members = { occurredAt, producer };
  if (stream === 'transaction' || stream === 'decision') {
    const decision = { ...DECISION, transactionId: id, decidedAt: recordedAt };
    return { type: 'TransactionDecided', transaction: transactionOf(id, members), decision, features: [] };
  }
  if (stream === 'metric') {
    const fact = metricOf(id, atMs, 'd', { t: 1 });
    return fact.type === 'MetricRecorded' ? { ...fact, metric: { ...fact.metric, producer }, recordedAt } : fact;
  }
  const event = {
    login: () => loginOf(id, members),
    signal: () => signalOf(id, members),
    reference: () => referenceOf(id, members),
    label: () => labelOf(id, 't', members),
  }[stream]();
  return { type: 'SideEventRecorded', event, assessment: null, rulesetVersion: 'one', recordedAt };
}

describe('the producers of a stream', () => {
  for (const stream of STREAMS) {
    test(`of ${stream} events have a watermark each, and one that is idle holds no other back`, async () => {
      const log = new ArrayLog();
      const window = 'window: tumbling 10s, emit: final, aggregates: { n: count }';
      const view = `  v: { from: ${stream}, group_by: producer, ${window} }`;
      log.append('r', publishedOf(rulesetWithViews(view, '', TIME), 'one'));
      const rig = new RunnerRig(log);
      const take = async (producer: string, seconds: number, recordedSeconds: number): Promise<void> => {
        const id = `e${log.records.length}`;
        log.append(id, factOf(stream, id, START_MS + seconds * 1000, START_MS + recordedSeconds * 1000, producer));
        await rig.follow();
      };
      const watermark = (): string | null | undefined => rig.queries.views()[0]?.watermark;

      await take('slow', 1, 1);
      await take('fast', 1, 1);
      await take('fast', 25, 25);
      assert.equal(watermark(), isoAt(START_MS), 'the slow one is still waited for');
      assert.deepEqual(rig.rows('v'), []);
      await take('slow', 12, 26);
      assert.equal(watermark(), isoAt(START_MS + 11_000));
      assert.equal(rig.rows('v').length, 2, 'both groups of the first window');
      await take('fast', 40, 57);
      assert.equal(watermark(), isoAt(START_MS + 39_000), 'nothing from the slow one for more than 30 s');
      assert.equal(rig.rows('v').length, 4);
    });
  }
});
