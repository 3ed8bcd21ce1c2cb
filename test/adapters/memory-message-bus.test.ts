import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryMessageBus } from '../../src/adapters/memory/memory-message-bus.ts';
import type { OutboundCommand } from '../../src/ports/outbound.ts';
import { BusOutbound } from '../../src/runtime/sagas/bus-outbound.ts';

const COMMAND: OutboundCommand = {
  endpoint: 'freezes',
  effectId: 'freeze-card:c:1:freeze',
  type: 'card.freeze',
  orderKey: 'card:c',
  attempt: 2,
  sagaKind: 'freeze-card',
  sagaId: 'c',
  run: 1,
  step: 'freeze',
  requestedAt: '2026-03-01T12:00:00.000Z',
  body: { cardId: 'c' },
};

test('a command goes to its topic with the entity as key and the same id at every attempt', async () => {
  const bus = new MemoryMessageBus();
  const outbound = new BusOutbound(
    bus,
    new Map([['freezes', { topic: 'palisade.commands', confirmation: 'callback' }]]),
  );
  assert.equal((await outbound.deliver(COMMAND)).outcome, 'accepted');
  assert.equal((await outbound.deliver({ ...COMMAND, attempt: 3 })).outcome, 'accepted');
  assert.deepEqual(
    bus.messages.map(({ topic, key, headers }) => [topic, key, headers['effect-id'], headers.ce_id, headers.ce_type]),
    [
      [
        'palisade.commands',
        'card:c',
        'freeze-card:c:1:freeze',
        'freeze-card:c:1:freeze',
        'palisade.command.card.freeze',
      ],
      [
        'palisade.commands',
        'card:c',
        'freeze-card:c:1:freeze',
        'freeze-card:c:1:freeze',
        'palisade.command.card.freeze',
      ],
    ],
  );
  assert.deepEqual(JSON.parse(String(bus.messages[0]?.value)).data, { cardId: 'c' });
});

test('a bus that refuses is an attempt that failed', async () => {
  const bus = new MemoryMessageBus(() => {
    throw new Error('no leader');
  });
  const outbound = new BusOutbound(bus, new Map([['freezes', { topic: 't', confirmation: 'reply' }]]));
  assert.deepEqual(await outbound.deliver(COMMAND), { outcome: 'failed', code: 0, detail: 'no leader', pauseMs: 0 });
  assert.equal((await outbound.deliver({ ...COMMAND, endpoint: 'other' })).outcome, 'failed');
});
