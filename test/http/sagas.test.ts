import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { nextLoopTurn } from '../../src/adapters/system/event-loop.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { secretOf, signWebhook } from '../../src/adapters/webhook/standard-webhooks.ts';
import { WebhookVerifier } from '../../src/adapters/webhook/webhook-verifier.js';
import { createHttpServer, createKey, type HttpServer, KeyRing } from '../../src/http/mod.ts';
import type { OutboundCommand } from '../../src/ports/outbound.ts';
import { transactionOf } from '../support/event-builders.ts';
import { openSagaRig, quiet, respondWith, type SagaRig } from '../support/saga-rig.ts';
import { KeptLog } from './fixtures.ts';
import { MemoryCluster } from './memory-cluster.ts';
import { MemoryEngine } from './memory-engine.ts';

const SECRET = secretOf(randomBytes(32));
const OTHER = secretOf(randomBytes(32));
const CARD = 'card-1';

type SagaServer = { readonly server: HttpServer; readonly rig: SagaRig };

async function sagaServer(keys: KeyRing | null = null, cluster: MemoryCluster | null = null): Promise<SagaServer> {
  const outbound = {
    deliver: ({ endpoint }: OutboundCommand) =>
      Promise.resolve({
        outcome: endpoint === 'card-processor' ? ('accepted' as const) : ('confirmed' as const),
        code: 200,
        detail: '',
        pauseMs: 0,
      }),
  };
  const responses = respondWith({ freeze: 'freeze-card' });
  const rig = await openSagaRig({ outbound, endpoints: ['engine', 'card-processor'], responses });
  const verifiers = new Map([
    ['card-processor', new WebhookVerifier([SECRET])],
    ['other', new WebhookVerifier([OTHER])],
  ]);
  const server = createHttpServer({
    engine: new MemoryEngine(),
    ...(cluster === null ? {} : { cluster }),
    sagas: {
      runner: rig.runner,
      checkConfirmation: (endpoint, headers, body) => {
        const verifier = verifiers.get(endpoint);
        return verifier === undefined ? 'unknown' : verifier.forgeryOf(headers, body, Date.now());
      },
    },
    clock: createSystemClock(),
    logger: new KeptLog(),
    keys,
    defaultDeadlineMs: 200,
    version: '0.0.0-test',
    nextTurn: nextLoopTurn,
    limits: { drainGraceMs: 0, drainQuietMs: 50 },
  });
  await rig.decide(transactionOf('t1', { cardId: CARD }), ['freeze']);
  await quiet();
  return { server, rig };
}

function confirmation(
  { server }: SagaServer,
  endpoint: string,
  secret: string,
): Promise<{ statusCode: number; body: string }> {
  const payload = JSON.stringify({ effectId: `freeze-card:${CARD}:1:freeze`, succeeded: true });
  const headers = { 'content-type': 'application/json', ...signWebhook([secret], 'c-1', Date.now(), payload) };
  return server.app.inject({ method: 'POST', url: `/v1/confirmations/${endpoint}`, headers, payload });
}

describe('a confirmation', () => {
  test('is taken once, from the endpoint that the command was sent to', async () => {
    const setup = await sagaServer();
    assert.equal((await confirmation(setup, 'card-processor', OTHER)).statusCode, 401);
    assert.deepEqual(JSON.parse((await confirmation(setup, 'other', OTHER)).body), { taken: false });
    assert.equal((await setup.rig.runner.read('freeze-card', CARD))?.row.status, 'freezing');
    assert.deepEqual(JSON.parse((await confirmation(setup, 'card-processor', SECRET)).body), { taken: true });
    assert.deepEqual(JSON.parse((await confirmation(setup, 'card-processor', SECRET)).body), { taken: false });
    assert.equal((await setup.rig.runner.read('freeze-card', CARD))?.row.status, 'frozen');
  });
});

describe('a release over HTTP', () => {
  test('is approved by another key, whatever name is sent with it', async () => {
    const made = ['first', 'second'].map((id) => createKey({ id, scopes: ['sagas', 'read'] }, randomBytes));
    const setup = await sagaServer(new KeyRing(made.map(({ entry }) => entry)));
    await confirmation(setup, 'card-processor', SECRET);
    await quiet();
    const call = (key: number, url: string, payload: object) =>
      setup.server.app.inject({
        method: 'POST',
        url,
        headers: { authorization: `Bearer ${made[key]?.key}`, 'content-type': 'application/json' },
        payload: JSON.stringify(payload),
      });
    const revision = (await setup.rig.runner.read('freeze-card', CARD))?.row.revision;
    const release = {
      kind: 'unfreeze-card',
      id: CARD,
      requestId: 'r1',
      by: 'alice',
      input: { expectedRevision: revision },
    };
    assert.equal((await call(0, '/v1/sagas', release)).statusCode, 202);
    const approve = `/v1/sagas/unfreeze-card/${CARD}/approve`;
    assert.equal((await call(0, approve, { by: 'bob' })).json().code, 'SAGA_REFUSED');
    assert.equal((await call(1, approve, { by: 'alice' })).json().state, 'releasing');
  });
});

test('the metrics tell of sagas by kind and of endpoints', async () => {
  const { server } = await sagaServer();
  const page = (await server.app.inject('/metrics')).body;
  assert.match(page, /palisade_sagas_open\{kind="freeze-card"\} 1/);
  assert.match(page, /palisade_saga_attempts_total\{outcome="accepted"\} 1/);
  assert.match(page, /palisade_endpoint_waiting\{endpoint="card-processor"\} 1/);
});

describe('a call about sagas in a cluster', () => {
  const said = { status: 409, contentType: 'application/problem+json', body: '{"code":"SAGA_REFUSED"}' };
  const start = { kind: 'freeze-card', id: 'card-2', requestId: 'r-1' };

  test('is answered in the words of the node that runs them, with key and signature of the caller', async () => {
    const cluster = new MemoryCluster(new MemoryEngine());
    const { server } = await sagaServer(null, cluster);
    cluster.answer = said;
    const headers = { authorization: 'Bearer pk_1', 'webhook-id': 'w-1', 'content-type': 'application/json' };
    const calls = [
      ['GET', '/v1/sagas?open=true', ''],
      ['POST', '/v1/sagas', JSON.stringify(start)],
      ['POST', '/v1/sagas/freeze-card/card-2/cancel', '{}'],
      ['POST', '/v1/confirmations/card-processor', '{"effectId":"x"}'],
    ] as const;
    for (const [method, url, payload] of calls) {
      const answer = await server.app.inject({ method, url, headers, ...(payload === '' ? {} : { payload }) });
      assert.deepEqual([answer.statusCode, answer.body], [409, said.body], url);
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
    }
    assert.deepEqual(
      cluster.relayed,
      calls.map(([method, path, body]) => ({
        duty: 'sagas',
        method,
        path,
        body,
        credential: 'pk_1',
        headers: { 'webhook-id': 'w-1' },
      })),
    );
  });

  test('is answered here where that node says nothing, and where another node has forwarded it', async () => {
    const cluster = new MemoryCluster(new MemoryEngine());
    const { server } = await sagaServer(null, cluster);
    const call = { method: 'GET', url: '/v1/sagas' } as const;
    assert.equal((await server.app.inject(call)).statusCode, 200);
    cluster.answer = said;
    assert.equal((await server.app.inject({ ...call, headers: { 'palisade-hop': '1' } })).statusCode, 200);
    assert.equal(cluster.relayed.length, 1);
  });
});
