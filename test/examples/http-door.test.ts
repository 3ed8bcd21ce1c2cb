import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { httpDoor } from '../../examples/kit/http-door.ts';
import { transactionOf } from '../support/event-builders.ts';

/** Sends one payment to a server that gives these statuses one after the other; answers what was sent and found. */
async function sendTo(statuses: readonly number[]): Promise<{ bodies: string[]; sent: Promise<unknown> }> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      response.writeHead(statuses[bodies.length] ?? 200).end('{"reasons":[{"code":"MARKED"}]}');
      bodies.push(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const sent = httpDoor(`http://127.0.0.1:${port}`).send(transactionOf('t1'));
  await sent.catch(() => {});
  server.closeAllConnections();
  server.close();
  return { bodies, sent };
}

describe('an example that sends events over HTTP', () => {
  test('sends the same again where the engine sheds load', async () => {
    const { bodies, sent } = await sendTo([503, 503, 200]);
    assert.deepEqual(await sent, { codes: ['MARKED'], repeated: false });
    assert.equal(bodies.length, 3);
    assert.equal(new Set(bodies).size, 1);
  });

  test('ends with what the engine refuses, at once', async () => {
    const { bodies, sent } = await sendTo([400]);
    await assert.rejects(sent, /answers 400/);
    assert.equal(bodies.length, 1);
  });
});
