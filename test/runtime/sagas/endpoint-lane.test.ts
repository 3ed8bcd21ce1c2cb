import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { OutboundAnswer } from '../../../src/ports/outbound.ts';
import { EndpointLane, type LaneItem, type LaneSettings } from '../../../src/runtime/sagas/endpoint-lane.ts';
import { DEFAULT_LANE } from '../../../src/runtime/sagas/saga-outbox.ts';

const UP: OutboundAnswer = { outcome: 'confirmed', code: 200, detail: '', pauseMs: 0 };
const DOWN: OutboundAnswer = { outcome: 'failed', code: 503, detail: '', pauseMs: 0 };

function itemOf(position: number, orderKey: string): LaneItem {
  const effectId = `e${position}`;
  return { endpoint: 'x', effectId, kind: 'k', id: 'i', run: 1, step: 's', orderKey, position };
}

/** A lane whose answers are told beforehand, driven step by step as the runner drives it. */
class LaneRig {
  nowMs = 1_000;
  readonly begun: LaneItem[] = [];
  readonly delivered: LaneItem[] = [];
  mostUnderWay = 0;
  underWay = 0;
  readonly lane: EndpointLane;

  constructor(settings: Partial<LaneSettings>, answerOf: (item: LaneItem, attempt: number) => OutboundAnswer) {
    const attempts = new Map<string, number>();
    const send = async (item: LaneItem) => {
      const attempt = (attempts.get(item.effectId) ?? 0) + 1;
      attempts.set(item.effectId, attempt);
      this.begun.push(item);
      this.underWay += 1;
      this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
      await Promise.resolve();
      this.underWay -= 1;
      return { answer: answerOf(item, attempt), startedAtMs: this.nowMs, latencyMs: 1 };
    };
    this.lane = new EndpointLane(
      { ...DEFAULT_LANE, ...settings },
      {
        send,
        answered: (item, { answer }) => {
          if (answer.outcome === 'confirmed') {
            this.delivered.push(item);
            this.lane.remove(item.effectId);
          } else {
            this.lane.recorded(item.effectId);
            this.lane.offer(item, this.nowMs + 500);
          }
        },
      },
      () => 0.5,
    );
  }

  async run(maxMs: number): Promise<void> {
    const untilMs = this.nowMs + maxMs;
    for (;;) {
      const nextMs = this.lane.pump(this.nowMs);
      await new Promise((resolve) => setImmediate(resolve));
      const againMs = this.lane.pump(this.nowMs);
      if (this.underWay > 0) continue;
      const wakeMs = Math.min(nextMs, againMs);
      if (wakeMs > untilMs) return;
      this.nowMs = Math.max(this.nowMs + 1, wakeMs);
    }
  }
}

describe('a lane', () => {
  test('keeps the order of what concerns one entity, whatever fails, and never sends two of it at a time', async () => {
    const effect = fc.record({ key: fc.constantFrom('a', 'b', 'c'), failures: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(effect, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 5 }),
        async (effects, concurrency) => {
          const rig = new LaneRig({ concurrency, openMs: 50, openMsMax: 100 }, ({ position }, attempt) =>
            attempt > (effects[position]?.failures ?? 0) ? UP : DOWN,
          );
          for (const [position, { key }] of effects.entries()) rig.lane.offer(itemOf(position, key), rig.nowMs);
          await rig.run(600_000);
          assert.equal(rig.delivered.length, effects.length, 'all of it arrives');
          assert.ok(rig.mostUnderWay <= concurrency);
          for (const key of ['a', 'b', 'c']) {
            const sent = rig.begun.filter(({ orderKey }) => orderKey === key).map(({ position }) => position);
            assert.deepEqual(
              sent,
              [...sent].sort((left, right) => left - right),
              `order of ${key}`,
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('stops asking an endpoint that is dead, but for one attempt now and then', async () => {
    const rig = new LaneRig({ concurrency: 8 }, () => DOWN);
    for (let position = 0; position < 100; position++) rig.lane.offer(itemOf(position, `key-${position}`), rig.nowMs);
    await rig.run(3_600_000);
    assert.ok(rig.begun.length >= 60 && rig.begun.length < 200, `${rig.begun.length} attempts in an hour`);
    assert.equal(rig.lane.statistics.waiting, 100);
  });

  test('sends what waits at once when the endpoint is back', async () => {
    let isUp = false;
    const rig = new LaneRig({ concurrency: 8 }, () => (isUp ? UP : DOWN));
    for (let position = 0; position < 100; position++) rig.lane.offer(itemOf(position, `key-${position}`), rig.nowMs);
    await rig.run(3_600_000);
    isUp = true;
    await rig.run(70_000);
    assert.equal(rig.delivered.length, 100);
  });

  test('makes no more attempts in an hour than it may', async () => {
    const rig = new LaneRig({ perHourMax: 10 }, () => UP);
    for (let position = 0; position < 100; position++) rig.lane.offer(itemOf(position, `key-${position}`), rig.nowMs);
    await rig.run(3_600_000);
    assert.ok(rig.begun.length >= 19 && rig.begun.length <= 21, `${rig.begun.length}: a full bucket and an hour of it`);
  });

  test('gives an endpoint up that says 410, until it is enabled', async () => {
    let isGone = true;
    const rig = new LaneRig({}, () => (isGone ? { ...DOWN, outcome: 'gone', code: 410 } : UP));
    rig.lane.offer(itemOf(1, 'a'), rig.nowMs);
    rig.lane.offer(itemOf(2, 'b'), rig.nowMs);
    await rig.run(3_600_000);
    assert.ok(rig.begun.length <= 2 && rig.lane.statistics.isDisabled);
    isGone = false;
    rig.lane.enable();
    await rig.run(60_000);
    assert.equal(rig.delivered.length, 2);
  });
});
