import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify as stringifyYaml } from 'yaml';
import { secretOf } from '../../src/adapters/webhook/standard-webhooks.ts';
import { drivesNode } from './engine-process.ts';
import { paymentText } from './http-caller.ts';
import { onWorkbench, type Workbench } from './workbench.ts';

const RULESET = `name: asking
currency: { base: EUR, rates: {} }
features: {}
rules:
  - { id: above-ten, when: event.amount > 10, outcome: decline, score: 10, reason: ABOVE_TEN, respond: [stop] }
policy:
  thresholds: { challenge: 80, review: 90, decline: 100 }
  fallback: [{ outcome: review }]
`;

type Receiver = { readonly received: string[]; readonly server: Server; readonly url: string };

async function startReceiver(): Promise<Receiver> {
  const received: string[] = [];
  const server = createServer((request, response) => {
    received.push(String(request.headers['webhook-id']));
    request.resume();
    response.writeHead(200).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { received, server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/` };
}

function fileText(url: string, saga: string): string {
  const endpoint = { url, secrets: [secretOf(randomBytes(32))], allow_private: true };
  const endpoints = { 'card-processor': endpoint, 'identity-provider': endpoint };
  return stringifyYaml({ endpoints, responses: { stop: { saga } } });
}

/** As an editor or a deployment does: all at once. */
async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

async function withReceivers(body: (bench: Workbench, old: Receiver, next: Receiver) => Promise<void>): Promise<void> {
  const receivers = [await startReceiver(), await startReceiver()] as const;
  try {
    await onWorkbench((bench) => body(bench, ...receivers));
  } finally {
    for (const { server } of receivers) {
      server.closeAllConnections();
      server.close();
    }
  }
}

describe('a file of responses', { skip: drivesNode }, () => {
  test('is taken up when it changes; a broken one is told field by field, and changes nothing', () =>
    withReceivers(async (bench, old, next) => {
      const responses = join(bench.folder, 'responses.yaml');
      const rules = join(bench.folder, 'rules.yaml');
      await writeFile(responses, fileText(old.url, 'freeze-card'));
      await writeFile(rules, RULESET);
      const server = await bench.serve(['--open', '--ruleset', rules, '--responses', responses]);
      const caller = bench.call(server);
      const pay = async (id: string): Promise<void> => {
        const answer = await caller.authorize(paymentText(id, { cardId: `card-${id}`, accountId: `account-${id}` }));
        assert.equal(JSON.parse(answer.text).outcome, 'decline');
      };
      const arrived = async ({ received }: Receiver, id: string): Promise<void> => {
        while (!received.includes(id)) await sleep(20);
      };
      await server.until(/Responses are in force/);
      await pay('a');
      await arrived(old, 'freeze-card:card-a:1:freeze');

      await replace(responses, 'responses: { stop: { saga: melt-card } }\nendpoints: { engine: { url: "ftp://x" } }\n');
      await server.until(/"Response problem".*"field":"endpoints\.engine/);
      await replace(responses, '{ not: [yaml');
      await server.until(/is no YAML/);
      const unsigned = stringifyYaml({ endpoints: { 'card-processor': { url: old.url, secrets: ['short'] } } });
      await replace(responses, unsigned);
      await server.until(/no secret to sign with/);
      assert.match(server.stderr, /those in force stay/);
      await pay('b');
      await arrived(old, 'freeze-card:card-b:1:freeze');

      const seen = server.output.length;
      await replace(responses, fileText(next.url, 'invalidate-sessions'));
      while (!server.output.slice(seen).includes('Responses are in force')) await sleep(20);
      await pay('c');
      await arrived(next, 'invalidate-sessions:account-c:1:revoke');
      assert.ok(!next.received.some((id) => id.startsWith('freeze-card')), 'what was asked for is no more');
      assert.equal((await caller.get('/v1/sagas/freeze-card/card-c')).status, 404);
      assert.equal((await caller.get('/v1/sagas/freeze-card/card-a')).status, 200);
    }));
});
