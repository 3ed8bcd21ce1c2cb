import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { drivesNode } from './engine-process.ts';
import { callJson } from './http-caller.ts';
import { onWorkbench, type Workbench } from './workbench.ts';

type Json = Readonly<Record<string, unknown>>;

function post(url: string, body: object): Promise<{ status: number; body: Json }> {
  return callJson(url, 'POST', JSON.stringify(body));
}

/** Asks again until the saga is in a state. */
async function until(url: string, id: string, state: string): Promise<Json> {
  for (;;) {
    const { body } = await callJson(`${url}/v1/sagas/freeze-card/${id}`);
    const saga = body.saga;
    if (typeof saga === 'object' && saga !== null && 'state' in saga && saga.state === state) return body;
    await sleep(50);
  }
}

async function startSandbox(bench: Workbench, confirmPort: number): Promise<{ url: string; responses: string }> {
  const responses = join(bench.folder, 'responses.yaml');
  const confirmTo = `http://127.0.0.1:${confirmPort}/v1/confirmations`;
  const args = ['sandbox', '--port', '0', '--confirm-to', confirmTo, '--responses', responses];
  const sandbox = bench.launch(args);
  await sandbox.until(/answers at http/);
  return { url: sandbox.url, responses };
}

describe('sagas over processes', { skip: drivesNode }, () => {
  test('a freeze that a kill cut off is finished by the next life, confirmed, and seen on the command line', () =>
    onWorkbench(async (bench) => {
      const port = await freePort();
      const sandbox = await startSandbox(bench, port);
      const serve = ['--open', '--port', String(port), '--responses', sandbox.responses];
      const first = await bench.serve(serve);
      await callJson(`${sandbox.url}/behaviours/card-processor`, 'PUT', 'down');
      const start = { kind: 'freeze-card', id: 'card-1', requestId: 'r1', by: 'alice' };
      assert.equal((await post(`${first.url}/v1/sagas`, start)).status, 202);
      await first.end('SIGKILL');
      await callJson(`${sandbox.url}/behaviours/card-processor`, 'PUT', 'wrong_signature');
      const second = await bench.serve(serve);
      await until(second.url, 'card-1', 'frozen');
      const { body: world } = await callJson(`${sandbox.url}/world`);
      assert.deepEqual(world.frozenCards, ['card-1']);
      assert.deepEqual(world.effects, { 'card.freeze': 1, 'cardholder.notify': 1, 'case.open': 1 });
      const { body: card } = await callJson(`${second.url}/v1/cards/card-1`);
      assert.equal(card.status, 'frozen');
      const shown = bench.launch(['sagas', 'show', 'freeze-card', 'card-1', '--url', second.url]);
      assert.equal(await shown.ended, 0);
      assert.match(shown.stdout, /freeze: confirmed by card-processor/);
      assert.match(shown.stdout, /stateDiagram-v2/);
      const listed = bench.launch(['sagas', 'list', '--all', '--kind', 'freeze-card', '--url', second.url]);
      assert.equal(await listed.ended, 0);
      assert.match(listed.stdout, /card-1\s+frozen[\s\S]*1 of 1/);
    }));

  test('the doors refuse what does not hold: forged confirmations, unknown kinds, a release by one person', () =>
    onWorkbench(async (bench) => {
      const sandbox = await startSandbox(bench, 9);
      const { url } = await bench.serve(['--open', '--responses', sandbox.responses]);
      const forged = await post(`${url}/v1/confirmations/card-processor`, { effectId: 'x', succeeded: true });
      assert.deepEqual([forged.status, forged.body.code], [401, 'SIGNATURE_INVALID']);
      const stranger = await post(`${url}/v1/confirmations/nobody`, { effectId: 'x', succeeded: true });
      assert.equal(stranger.status, 401);
      const unknown = await post(`${url}/v1/sagas`, { kind: 'melt-card', id: 'c', requestId: 'r' });
      assert.equal(unknown.status, 400);
      const unstarted = await post(`${url}/v1/sagas/freeze-card/c/cancel`, {});
      assert.equal(unstarted.status, 409);
      const missing = await callJson(`${url}/v1/sagas/freeze-card/c`);
      assert.equal(missing.status, 404);
      const release = { kind: 'unfreeze-card', id: 'c', requestId: 'r', by: 'alice', input: { expectedRevision: 3 } };
      assert.deepEqual((await post(`${url}/v1/sagas`, release)).body.code, 'LOG_REVISION_CONFLICT');
      for (const query of ['open=maybe', 'limit=0', 'colour=red', 'olderThanS=-1']) {
        assert.equal((await callJson(`${url}/v1/sagas?${query}`)).status, 400, query);
      }
      assert.equal((await callJson(`${url}/v1/sagas?open=true&kind=alert&olderThanS=5`)).body.total, 0);
    }));

  test('a file of responses that does not fit stops the start, and names the field', () =>
    onWorkbench(async (bench) => {
      const { writeFile } = await import('node:fs/promises');
      const path = join(bench.folder, 'bad.yaml');
      await writeFile(path, 'responses: { freeze: { saga: melt-card } }\n');
      const server = bench.launch(['serve', '--open', '--port', '0', '--data', bench.data, '--responses', path]);
      assert.equal(await server.ended, 1);
      assert.match(server.stderr, /CONFIG_INVALID[\s\S]*responses\.freeze\.saga must be one of freeze-card/);
    }));
});
