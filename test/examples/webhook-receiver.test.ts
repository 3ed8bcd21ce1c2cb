import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { secretOf, signWebhook } from '../../src/adapters/webhook/standard-webhooks.ts';
import { removeFolder } from '../support/remove-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SECRET = secretOf(randomBytes(32));
const notHere = 'Deno' in globalThis ? 'runs the example on Node, as the run on Node does' : false;

type Receiver = { readonly url: string; readonly said: () => string; stop(): Promise<void> };

/** A project of its own: this package as npm puts it, only what its exports name, and the example beside it. */
async function startReceiver(): Promise<Receiver> {
  const folder = await mkdtemp(join(tmpdir(), 'palisade-receiver-'));
  const installed = join(folder, 'node_modules', 'palisade');
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  for (const path of Object.values(manifest.exports['./webhooks']).map(String)) {
    await mkdir(dirname(join(installed, path)), { recursive: true });
    await cp(join(ROOT, path), join(installed, path));
  }
  await cp(join(ROOT, 'package.json'), join(installed, 'package.json'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await cp(join(ROOT, 'examples/webhook-receiver/webhook-receiver.js'), join(folder, 'webhook-receiver.js'));
  const environment = { ...process.env, WEBHOOK_SECRETS: SECRET, PORT: '0' };
  const child: ChildProcess = spawn(process.execPath, ['webhook-receiver.js'], { cwd: folder, env: environment });
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += String(chunk);
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      said += String(chunk);
      const found = /Receiving at (http:\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`the example ended: ${said}`)));
  });
  return {
    url,
    said: () => said,
    stop: async () => {
      // What it said on the way is read by then.
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
      await removeFolder(folder);
    },
  };
}

async function post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const response = await fetch(url, { method: 'POST', body, headers });
  await response.arrayBuffer();
  return response.status;
}

describe('the example of a receiver', { skip: notHere }, () => {
  test('takes the verifier from the package, carries out what is genuine and new, and nothing else', async () => {
    const receiver = await startReceiver();
    try {
      const body = JSON.stringify({ type: 'card.freeze', data: { cardId: 'card-1' } });
      const nowMs = Date.now();
      const headers = { ...signWebhook([SECRET], 'freeze-card:card-1:1:freeze', nowMs, body) };
      const forged = { ...signWebhook([secretOf(randomBytes(32))], 'x', nowMs, body) };
      const expired = { ...signWebhook([SECRET], 'x', nowMs - 3_600_000, body) };
      assert.equal(await post(receiver.url, body, forged), 401);
      assert.equal(await post(receiver.url, body.replace('card-1', 'card-2'), headers), 401);
      assert.equal(await post(receiver.url, body, expired), 400);
      assert.equal(await post(receiver.url, body, {}), 400);
      assert.equal(await post(receiver.url, body, headers), 200);
      assert.equal(await post(receiver.url, body, headers), 200, 'a repeat is answered as it was answered first');
      const broken = { ...signWebhook([SECRET], 'y', nowMs, '{') };
      assert.equal(await post(receiver.url, '{', broken), 500);
      assert.equal(await post(receiver.url, '{', broken), 500, 'what failed is tried again');
    } finally {
      await receiver.stop();
    }
    assert.equal(receiver.said().split('card.freeze').length - 1, 1, receiver.said());
  });
});
