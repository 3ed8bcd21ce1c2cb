import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { after, describe, test } from 'node:test';
import { isPublicAddress, pinnedAddress } from '../../src/adapters/webhook/address-guard.ts';
import { secretOf } from '../../src/adapters/webhook/standard-webhooks.ts';
import { type WebhookEndpoint, WebhookOutbound } from '../../src/adapters/webhook/webhook-outbound.ts';
import { WebhookVerifier } from '../../src/adapters/webhook/webhook-verifier.js';
import type { OutboundAnswer, OutboundCommand } from '../../src/ports/outbound.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';

const SECRET = secretOf(randomBytes(32));
const clock = new SimulatedClock();
const COMMAND: OutboundCommand = {
  endpoint: 'processor',
  effectId: 'freeze-card:c:1:freeze',
  type: 'card.freeze',
  orderKey: 'card:c',
  attempt: 1,
  sagaKind: 'freeze-card',
  sagaId: 'c',
  run: 1,
  step: 'freeze',
  requestedAt: '2026-03-01T12:00:00.000Z',
  body: { cardId: 'c', text: 'a < b & c' },
};

type Seen = { readonly request: IncomingMessage; readonly body: string };
const seen: Seen[] = [];
let reply: (response: ServerResponse) => void = (response) => response.end();
const server: Server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text) => {
    body += text;
  });
  request.on('end', () => {
    seen.push({ request, body });
    reply(response);
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
const port = typeof address === 'object' && address !== null ? address.port : 0;
const opened: WebhookOutbound[] = [];
after(() => {
  for (const outbound of opened) outbound.close();
  server.closeAllConnections();
  server.close();
});

function deliver(
  changes: Partial<WebhookEndpoint> = {},
  body: OutboundCommand['body'] = COMMAND.body,
): Promise<OutboundAnswer> {
  const endpoint: WebhookEndpoint = {
    url: `http://127.0.0.1:${port}/hook`,
    format: 'standard',
    secrets: [SECRET],
    timeoutMs: 60_000,
    allowPrivate: true,
    confirmation: 'reply',
    routingKey: 'key',
    ...changes,
  };
  const endpoints = new Map([['processor', endpoint]]);
  const outbound = new WebhookOutbound({ endpoints, clock, version: '1', callbackUrl: '' });
  opened.push(outbound);
  return outbound.deliver({ ...COMMAND, body });
}

describe('a webhook', () => {
  test('is signed over the bytes that arrive', async () => {
    reply = (response) => response.writeHead(200).end('{}');
    assert.deepEqual(await deliver(), { outcome: 'confirmed', code: 200, detail: '{}', pauseMs: 0 });
    const { request, body } = seen.at(-1) ?? assert.fail();
    const headers = {
      'webhook-id': String(request.headers['webhook-id']),
      'webhook-timestamp': String(request.headers['webhook-timestamp']),
      'webhook-signature': String(request.headers['webhook-signature']),
    };
    assert.equal(headers['webhook-id'], COMMAND.effectId);
    assert.equal(new WebhookVerifier([SECRET]).refusalOf(headers, body, clock.nowMs()), null);
    assert.equal(JSON.parse(body).data.cardId, 'c');
  });

  for (const [status, outcome, pauseMs] of [
    [202, 'confirmed', 0],
    [301, 'failed', 0],
    [307, 'failed', 0],
    [404, 'failed', 7000],
    [410, 'gone', 0],
    [429, 'failed', 7000],
    [503, 'failed', 7000],
  ] as const) {
    test(`that is answered with ${status} is ${outcome}`, async () => {
      const before = seen.length;
      reply = (response) =>
        response.writeHead(status, { 'retry-after': '7', location: `http://127.0.0.1:${port}/elsewhere` }).end();
      const answer = await deliver();
      assert.deepEqual([answer.outcome, answer.code, answer.pauseMs], [outcome, status, pauseMs]);
      assert.equal(seen.length, before + 1, 'no redirect is followed');
    });
  }

  test('that is accepted waits for its confirmation', async () => {
    reply = (response) => response.writeHead(202).end();
    assert.equal((await deliver({ confirmation: 'callback' })).outcome, 'accepted');
  });

  test('whose answer never ends is cut off by size, and one that never comes by time', async () => {
    reply = (response) => {
      response.writeHead(200);
      response.write('x'.repeat(1_000_000));
    };
    const large = await deliver();
    assert.equal(large.outcome, 'confirmed');
    assert.equal(large.detail.length, 200);
    reply = () => {};
    const silent = await deliver({ timeoutMs: 300 });
    assert.deepEqual([silent.outcome, silent.code], ['failed', 0]);
    assert.match(silent.detail, /did not answer/);
  });

  test('to a private address is not sent where that is not allowed', async () => {
    const before = seen.length;
    for (const url of [`http://127.0.0.1:${port}/`, `http://[::1]:${port}/`, `http://localhost:${port}/`]) {
      const answer = await deliver({ url, allowPrivate: false });
      assert.equal(answer.outcome, 'failed');
      assert.match(answer.detail, /not of the public internet/);
    }
    assert.equal(seen.length, before);
  });

  test('has the form of Slack and of PagerDuty where it is told', async () => {
    reply = (response) => response.writeHead(200).end('ok');
    await deliver({ format: 'slack' });
    assert.deepEqual(JSON.parse(seen.at(-1)?.body ?? ''), { text: 'a &lt; b &amp; c' });
    await deliver({ format: 'pagerduty' });
    const event = JSON.parse(seen.at(-1)?.body ?? '');
    assert.deepEqual([event.routing_key, event.event_action, event.dedup_key], ['key', 'trigger', 'c']);
    assert.equal(event.payload.severity, 'warning');
    await deliver({ format: 'pagerduty' }, { text: 'over', resolved: true });
    const end = JSON.parse(seen.at(-1)?.body ?? '');
    assert.deepEqual([end.event_action, end.dedup_key], ['resolve', event.dedup_key]);
  });
});

describe('the address guard', () => {
  test('tells addresses of the public internet from all others', () => {
    for (const hidden of [
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '127.0.0.1',
      '169.254.169.254',
      '172.31.255.255',
      '192.168.1.1',
      '198.18.0.1',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      '::ffff:10.0.0.1',
      '64:ff9b::a00:1',
      'fe80::1',
      'fc00::1',
      'ff02::1',
      '2001:db8::1',
      '2002:a00:1::1',
      'no address',
    ]) {
      assert.equal(isPublicAddress(hidden), false, hidden);
    }
    for (const open of ['1.1.1.1', '172.32.0.1', '192.169.0.1', '2606:4700::1111', '2a00:1450::1']) {
      assert.equal(isPublicAddress(open), true, open);
    }
  });

  test('resolves once, and refuses a name with one private address among public ones', async () => {
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return [
        { address: '1.1.1.1', family: 4 },
        { address: asked > 1 ? '127.0.0.1' : '1.0.0.1', family: 4 },
      ];
    };
    assert.deepEqual(await pinnedAddress('hooks.example', false, resolve), { address: '1.1.1.1', family: 4 });
    await assert.rejects(pinnedAddress('hooks.example', false, resolve), /127\.0\.0\.1/);
  });
});
