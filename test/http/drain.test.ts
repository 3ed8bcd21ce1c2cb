import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { testServer, transactionText } from './fixtures.ts';
import { answersOf, postText, RawClient } from './raw-client.ts';

const PATH = '/v1/authorizations';
const GRACE_MS = 150;
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a shutdown', () => {
  test('finishes what is under way, closes its connection, and drains the engine after it', async () => {
    const { server, engine } = testServer();
    const client = await RawClient.open(await server.listen('127.0.0.1', 0));
    engine.hold();
    client.write(postText(PATH, transactionText()));
    while (engine.commands.length === 0) await turn();
    const closed = server.close();
    assert.equal(server.close(), closed);
    await turn();
    assert.equal(engine.drained, false);
    engine.release();
    await closed;
    assert.equal(engine.drained, true);
    const [answer] = answersOf(await client.untilEnd());
    assert.equal(answer?.status, 200);
    assert.match(answer?.head ?? '', /connection: close/i);
  });

  test('answers everything that came before its end, and nothing is lost under load', async () => {
    const { server, engine } = testServer({ limits: { drainGraceMs: 100 } });
    const url = await server.listen('127.0.0.1', 0);
    const acknowledged: string[] = [];
    let refused = 0;
    const worker = async (name: number) => {
      for (let call = 0; ; call++) {
        const transactionId = `txn-${name}-${call}`;
        try {
          const headers = { 'content-type': 'application/json' };
          const answer = await fetch(url + PATH, { method: 'POST', headers, body: transactionText({ transactionId }) });
          assert.equal(answer.status, 200);
          await answer.text();
          acknowledged.push(transactionId);
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
          refused++;
          return;
        }
      }
    };
    const workers = Array.from({ length: 8 }, (_, name) => worker(name));
    while (acknowledged.length < 100) await turn();
    await server.close();
    await Promise.all(workers);
    assert.equal(refused, 8);
    assert.ok(engine.drained);
    for (const id of acknowledged) assert.ok((await engine.findDecision(id)) !== null);
    assert.equal(engine.commands.length, acknowledged.length);
  });

  test('turns readiness off at once and still serves until the grace is over', async () => {
    const system = createSystemClock();
    const over = Promise.withResolvers<void>();
    // The grace is as long as the test needs it, on a slow machine as well.
    const schedule: Clock['schedule'] = (delayMs, callback) => {
      if (delayMs !== GRACE_MS) return system.schedule(delayMs, callback);
      void over.promise.then(callback);
      return { cancel: () => {} };
    };
    const { server } = testServer({ limits: { drainGraceMs: GRACE_MS }, clock: { ...system, schedule } });
    const url = await server.listen('127.0.0.1', 0);
    const idle = await RawClient.open(url);
    idle.write('GET /livez HTTP/1.1\r\nHost: test\r\n\r\n');
    await idle.until(/\}$/);
    assert.doesNotMatch(idle.received, /connection: close/i);
    const closed = server.close();
    const ready = await fetch(`${url}/readyz`);
    const problem = JSON.parse(await ready.text());
    assert.deepEqual([ready.status, problem.code, problem.ready], [503, 'ENGINE_DRAINING', false]);
    idle.write(postText(PATH, transactionText()));
    const [, answer] = answersOf(await idle.untilEnd());
    assert.equal(answer?.status, 200);
    assert.match(answer?.head ?? '', /connection: close/i);
    over.resolve();
    await closed;
    await assert.rejects(RawClient.open(url));
  });

  test('refuses connections only once none waits to be accepted', async () => {
    let turns = 0;
    const waiting: RawClient[] = [];
    const nextTurn = async () => {
      turns++;
      if (turns === 4) return;
      const client = await RawClient.open(url);
      client.write('GET /livez HTTP/1.1\r\nHost: test\r\n\r\n');
      await client.until(/\}$/);
      waiting.push(client);
    };
    // Time stands still, so that turns are told by what they accepted alone.
    const clock = { ...createSystemClock(), monotonicMs: () => 0 };
    const { server } = testServer({ limits: { drainQuietMs: 0 }, clock, nextTurn });
    const url = await server.listen('127.0.0.1', 0);
    await server.close();
    assert.equal(turns, 4);
    for (const client of waiting) assert.equal(answersOf(await client.untilEnd())[0]?.status, 200);
    await assert.rejects(RawClient.open(url));
  });

  test('does not wait for a connection that asks for nothing', async () => {
    const { server } = testServer();
    const silent = await RawClient.open(await server.listen('127.0.0.1', 0));
    await server.close();
    assert.equal(await silent.untilEnd(), '');
  });

  test('cuts what is still under way when its time is over, and says so', async () => {
    const { server, engine, log } = testServer({ limits: { drainTimeoutMs: 100 } });
    const client = await RawClient.open(await server.listen('127.0.0.1', 0));
    engine.hold();
    client.write(postText(PATH, transactionText()));
    while (engine.commands.length === 0) await turn();
    const closed = server.close();
    assert.equal(await client.untilEnd(), '');
    assert.ok(log.lines.some((line) => line.includes('"authorizations":1')));
    engine.release();
    await closed;
    assert.equal(engine.drained, true);
  });
});
