import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestServer, testServer, transactionText } from './fixtures.ts';
import { answersOf, postText, RawClient } from './raw-client.ts';

const PATH = '/v1/authorizations';
const notSeen = 'Deno' in globalThis ? 'Deno does not tell a server that its caller has gone' : false;

/** Asks, and is gone before the engine has an answer. */
async function askAndLeave(
  { server, engine }: TestServer,
  url: string,
  deadlineMs: number,
  headers: readonly string[] = [],
): Promise<void> {
  engine.hold();
  const client = await RawClient.open(url);
  client.write(postText(PATH, transactionText(), [`X-Deadline-Ms: ${deadlineMs}`, ...headers]));
  while (engine.commands.length === 0) await sleep(1);
  client.close();
  while ((await connectionsOf(server)) > 0) await sleep(1);
  engine.release();
}

function connectionsOf({ app }: TestServer['server']): Promise<number> {
  return new Promise((resolve, reject) => {
    app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

describe('an approval whose caller has gone', { skip: notSeen }, () => {
  test('is recorded as unheard once its deadline has passed', async () => {
    const rig = testServer();
    const url = await rig.server.listen('127.0.0.1', 0);
    await askAndLeave(rig, url, 1);
    while (rig.engine.unheard.length === 0) await sleep(1);
    assert.deepEqual(rig.engine.unheard, ['txn-1']);
    await rig.server.close();
    assert.deepEqual(rig.engine.unheard, ['txn-1']);
  });

  test('is heard after all by who asks again in time', async () => {
    const rig = testServer();
    const url = await rig.server.listen('127.0.0.1', 0);
    await askAndLeave(rig, url, 60_000);
    const again = await RawClient.open(url);
    again.write(postText(PATH, transactionText(), ['Connection: close']));
    const [answer] = answersOf(await again.untilEnd());
    assert.equal(answer?.status, 200);
    await rig.server.close();
    assert.deepEqual(rig.engine.unheard, []);
  });

  test('is recorded at once when the server ends before the deadline', async () => {
    const rig = testServer();
    const url = await rig.server.listen('127.0.0.1', 0);
    await askAndLeave(rig, url, 60_000);
    await rig.server.close();
    assert.deepEqual(rig.engine.unheard, ['txn-1']);
  });

  test('is no business of a node that was asked by another one', async () => {
    const rig = testServer({ isNode: true });
    const url = await rig.server.listen('127.0.0.1', 0);
    await askAndLeave(rig, url, 1, ['Palisade-Hop: 1']);
    await rig.server.close();
    assert.deepEqual(rig.engine.unheard, []);
  });

  test('does not stand for callers that are there', async () => {
    const rig = testServer();
    const url = await rig.server.listen('127.0.0.1', 0);
    const client = await RawClient.open(url);
    client.write(postText(PATH, transactionText(), ['X-Deadline-Ms: 1', 'Connection: close']));
    assert.equal(answersOf(await client.untilEnd())[0]?.status, 200);
    await rig.server.close();
    assert.deepEqual(rig.engine.unheard, []);
  });
});
