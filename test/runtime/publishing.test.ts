import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CheckpointFile } from '../../src/adapters/checkpoint/checkpoint-file.ts';
import { MemoryMessageBus } from '../../src/adapters/memory/memory-message-bus.ts';
import { encodeFact } from '../../src/codec/mod.ts';
import type { AlertRaised, EventDiverted, Fact, ResultCorrected } from '../../src/domain/records.ts';
import type { Checkpoint, CheckpointStore } from '../../src/ports/checkpoint-store.ts';
import type { MessageBus } from '../../src/ports/message-bus.ts';
import { LogPublisher } from '../../src/runtime/publishing/log-publisher.ts';
import { PublishedMessages } from '../../src/runtime/publishing/published-messages.ts';
import { publishedTopicsOf, topicNamesOf } from '../../src/runtime/publishing/topic-names.ts';
import { type EngineRig, startRig, turn } from '../support/engine-rig.ts';
import { loginOf, transactionOf } from '../support/event-builders.ts';

const TOPICS = topicNamesOf('palisade');
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };
const PLACE = { view: 'spread', rowId: 'dev-1 12:00', group: { device: 'dev-1' }, windowStart: null, windowEnd: null };

const ALERT: AlertRaised = {
  type: 'AlertRaised',
  ruleId: 'many',
  state: 'active',
  reason: 'MANY',
  score: 10,
  responses: [],
  place: PLACE,
  row: { count: 3 },
  causePosition: 1,
  occurredAt: '2026-03-01T12:00:00.000Z',
  rulesetVersion: 'v',
  recordedAt: '2026-03-01T12:00:01.000Z',
};
const CORRECTED: ResultCorrected = {
  type: 'ResultCorrected',
  place: PLACE,
  corrects: 1,
  before: { count: 1 },
  after: { count: 2 },
  causePosition: 2,
  causeId: 't:quiet',
  recordedAt: '2026-03-01T12:00:01.000Z',
};
const DIVERTED: EventDiverted = {
  type: 'EventDiverted',
  view: 'spread',
  causePosition: 2,
  causeId: 't:quiet',
  occurredAt: '2026-03-01T12:00:00.000Z',
  watermark: '2026-03-01T13:00:00.000Z',
  recordedAt: '2026-03-01T12:00:01.000Z',
};

class MemoryCheckpoints implements CheckpointStore {
  kept: Checkpoint | null;

  constructor(kept: Checkpoint | null = null) {
    this.kept = kept;
  }

  read(): Promise<Checkpoint | null> {
    return Promise.resolve(this.kept);
  }

  write(checkpoint: Checkpoint): Promise<void> {
    this.kept = checkpoint;
    return Promise.resolve();
  }
}

function publisherOf(
  rig: EngineRig,
  bus: MessageBus,
  checkpoints: CheckpointStore,
  mayPublish: () => Promise<boolean> = async () => true,
): Promise<LogPublisher> {
  return LogPublisher.start({
    log: rig.log,
    bus,
    checkpoints,
    messages: new PublishedMessages(TOPICS, '/palisade', (recordId) => rig.log.readRecord(recordId)),
    topics: publishedTopicsOf(TOPICS),
    clock: rig.clock,
    logger: SILENT,
    mayPublish,
  });
}

async function append(rig: EngineRig, recordId: string, fact: Fact): Promise<void> {
  const streams = [{ stream: recordId, expectedRevision: -1 }];
  await rig.log.append({ recordId, type: fact.type, body: encodeFact(fact), streams });
}

/** Waits until a publisher is at the end of its log; the clock goes on, so that pauses end. */
async function caughtUp(publisher: LogPublisher, rig: EngineRig): Promise<void> {
  for (let turns = 0; publisher.statistics().position < rig.log.statistics().headPosition; turns++) {
    assert.ok(turns < 10_000, 'the publisher does not go on');
    rig.clock.advance(100);
    await turn();
  }
}

describe('a publisher of a cluster', () => {
  test('publishes nothing once another one has taken over, and the other goes on where it was', async () => {
    const rig = await startRig();
    const bus = new MemoryMessageBus();
    const checkpoints = new MemoryCheckpoints();
    let isHolder = true;
    const first = await publisherOf(rig, bus, checkpoints, async () => isHolder);
    await rig.authorize(transactionOf('one', { amountMinor: 700 }));
    await caughtUp(first, rig);
    isHolder = false;
    await rig.authorize(transactionOf('two', { amountMinor: 700 }));
    await rig.authorize(transactionOf('three', { amountMinor: 700 }));
    for (let turns = 0; turns < 50; turns++) await turn();
    const subjects = (): unknown[] => bus.messages.map(({ headers }) => headers.ce_subject);
    assert.deepEqual(subjects(), ['one']);
    await first.close();
    const second = await publisherOf(rig, bus, checkpoints);
    await caughtUp(second, rig);
    assert.deepEqual(subjects(), ['one', 'two', 'three']);
    await second.close();
  });
});

describe('what is published', () => {
  test('is each decision as the log has it, and an alert for what is not approved, by card', async () => {
    const rig = await startRig();
    await rig.authorize(transactionOf('quiet', { amountMinor: 700 }));
    await rig.authorize(transactionOf('large', { amountMinor: 60_000, cardId: 'card-b' }));
    const bus = new MemoryMessageBus();
    const publisher = await publisherOf(rig, bus, new MemoryCheckpoints());
    await caughtUp(publisher, rig);
    assert.deepEqual(
      bus.messages.map(({ topic, key, headers }) => [topic, key, headers.ce_id, headers.ce_type, headers.ce_subject]),
      [
        [TOPICS.decisions, 'card-a', 't:quiet', 'palisade.decision.made', 'quiet'],
        [TOPICS.decisions, 'card-b', 't:large', 'palisade.decision.made', 'large'],
        [TOPICS.alerts, 'card-b', 't:large:alert', 'palisade.alert.decision', 'large'],
      ],
    );
    const [first] = bus.messages;
    const told = JSON.parse(String(first?.value));
    assert.equal(JSON.stringify(told.decision), await rig.engine.findDecision('quiet'));
    assert.deepEqual(told.transaction, transactionOf('quiet', { amountMinor: 700 }));
    assert.deepEqual(
      { specversion: first?.headers.ce_specversion, source: first?.headers.ce_source, time: first?.headers.ce_time },
      { specversion: '1.0', source: '/palisade', time: told.decision.decidedAt },
    );
    assert.equal(first?.headers['content-type'], 'application/json');
    await publisher.close();
  });

  test('is a login that a rule hit, and no other', async () => {
    const rig = await startRig();
    await rig.engine.record(loginOf('fine'));
    await rig.engine.record(loginOf('bad', { status: 'failed' }));
    const bus = new MemoryMessageBus();
    const publisher = await publisherOf(rig, bus, new MemoryCheckpoints());
    await caughtUp(publisher, rig);
    assert.deepEqual(
      bus.messages.map(({ topic, key, headers }) => [topic, key, headers.ce_subject, headers.ce_type]),
      [[TOPICS.alerts, 'account-a', 'bad', 'palisade.alert.login']],
    );
    const { event, assessment } = JSON.parse(String(bus.messages[0]?.value));
    assert.deepEqual([event.eventId, assessment.reasons[0].code], ['bad', 'GUESS']);
    await publisher.close();
  });

  test('is what views say: alerts by group, and late events with the event itself', async () => {
    const rig = await startRig();
    await rig.authorize(transactionOf('quiet', { amountMinor: 700 }));
    await append(rig, 'a:many:1', ALERT);
    await append(rig, 'a:many:2', { ...ALERT, state: 'shadow' });
    await append(rig, 'c:spread:2', CORRECTED);
    await append(rig, 'l:spread:2', DIVERTED);
    await append(rig, 'l:spread:3', { ...DIVERTED, causeId: 't:gone' });
    const bus = new MemoryMessageBus();
    const publisher = await publisherOf(rig, bus, new MemoryCheckpoints());
    await caughtUp(publisher, rig);
    const [, ...told] = bus.messages;
    assert.deepEqual(
      told.map(({ topic, key, headers }) => [topic, key, headers.ce_id, headers.ce_type]),
      [
        [TOPICS.alerts, 'dev-1', 'a:many:1', 'palisade.alert.view'],
        [TOPICS.late, 'dev-1', 'c:spread:2', 'palisade.late.correction'],
        [TOPICS.late, 'card-a', 'l:spread:2', 'palisade.late.event'],
        [TOPICS.late, 't:gone', 'l:spread:3', 'palisade.late.event'],
      ],
    );
    assert.equal(JSON.parse(String(told[2]?.value)).event.transactionId, 'quiet');
    assert.equal(JSON.parse(String(told[3]?.value)).event, null);
    assert.deepEqual(publisher.statistics().publishedByTopic, {
      [TOPICS.decisions]: 1,
      [TOPICS.alerts]: 1,
      [TOPICS.late]: 3,
    });
    await publisher.close();
  });
});

describe('a publisher', () => {
  test('repeats what the bus did not take, in order, and skips nothing', async () => {
    const rig = await startRig();
    let calls = 0;
    const bus = new MemoryMessageBus(() => {
      calls++;
      if (calls < 30 && calls % 7 === 0) throw new Error('no leader');
    });
    const publisher = await publisherOf(rig, bus, new MemoryCheckpoints());
    for (let at = 0; at < 20; at++) await rig.authorize(transactionOf(`txn-${at}`, { amountMinor: 700 }));
    await caughtUp(publisher, rig);
    const firsts = [...new Set(bus.messages.map(({ headers }) => headers.ce_subject))];
    assert.deepEqual(
      firsts,
      Array.from({ length: 20 }, (_, at) => `txn-${at}`),
    );
    assert.ok(publisher.statistics().failedAttempts > 0);
    assert.equal(publisher.statistics().failure, '');
    await publisher.close();
  });

  test('goes on after its checkpoint, and sends nothing again that it covers', async () => {
    const rig = await startRig();
    const checkpoints = new MemoryCheckpoints();
    const bus = new MemoryMessageBus();
    await rig.authorize(transactionOf('before', { amountMinor: 700 }));
    const first = await publisherOf(rig, bus, checkpoints);
    await caughtUp(first, rig);
    await first.close();
    await rig.authorize(transactionOf('after', { amountMinor: 700 }));
    const second = await publisherOf(rig, bus, checkpoints);
    await caughtUp(second, rig);
    await second.close();
    assert.deepEqual(
      bus.messages.map(({ headers }) => headers.ce_subject),
      ['before', 'after'],
    );
    assert.equal(checkpoints.kept?.recordId, 't:after');
  });

  test('begins anew where its checkpoint is of another log', async () => {
    const rig = await startRig();
    await rig.authorize(transactionOf('only', { amountMinor: 700 }));
    const bus = new MemoryMessageBus();
    const { headPosition } = rig.log.statistics();
    const publisher = await publisherOf(
      rig,
      bus,
      new MemoryCheckpoints({ position: headPosition, recordId: 't:other' }),
    );
    await caughtUp(publisher, rig);
    assert.equal(bus.messages.length, 1);
    await publisher.close();
  });

  test('closes while the bus answers nothing', async () => {
    const rig = await startRig();
    const never: MessageBus = {
      publish: () => new Promise(() => {}),
      publishAll: () => new Promise(() => {}),
      close: () => Promise.resolve(),
    };
    await rig.authorize(transactionOf('only', { amountMinor: 700 }));
    const checkpoints = new MemoryCheckpoints();
    const publisher = await publisherOf(rig, never, checkpoints);
    await turn();
    await publisher.close();
    assert.notEqual(checkpoints.kept?.recordId, 't:only');
  });
});

describe('a checkpoint in a file', () => {
  test('is what was kept last, and a damaged one is told', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'palisade-checkpoint-'));
    try {
      const path = join(folder, 'publisher.json');
      assert.equal(await new CheckpointFile(path).read(), null);
      await new CheckpointFile(path).write({ position: 1, recordId: 'a' });
      await new CheckpointFile(path).write({ position: 7, recordId: 't:"7"' });
      assert.deepEqual(await new CheckpointFile(path).read(), { position: 7, recordId: 't:"7"' });
      await writeFile(path, (await readFile(path, 'utf8')).slice(0, 5));
      const message = /the file is damaged/;
      await assert.rejects(new CheckpointFile(path).read(), { code: 'READ_STORE_FAILED', message });
      await assert.rejects(new CheckpointFile(folder).read(), { code: 'READ_STORE_FAILED' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
