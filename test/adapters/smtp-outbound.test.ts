import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { SmtpOutbound } from '../../src/adapters/smtp/smtp-outbound.ts';
import type { OutboundCommand } from '../../src/ports/outbound.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';

const COMMAND: OutboundCommand = {
  endpoint: 'mail',
  effectId: 'alert:k:1:mail%201',
  type: 'alert.raise',
  orderKey: 'alert:k',
  attempt: 1,
  sagaKind: 'alert',
  sagaId: 'k',
  run: 1,
  step: 'mail 1',
  requestedAt: '2026-03-01T12:00:00.000Z',
  body: { text: 'Überweisung\r\nBcc: other@example.org', severity: 'error', lines: '.\r\n.\r\n' },
};

/** A mail server that says what it is told, and keeps what it hears. */
async function onServer(refuse: string, body: (port: number, heard: string[]) => Promise<void>): Promise<void> {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let isData = false;
    socket.setEncoding('utf8').write('220-hello\r\n220 there\r\n');
    let received = '';
    socket.on('data', (text) => {
      received += String(text);
      for (let end = received.indexOf('\r\n'); end >= 0; end = received.indexOf('\r\n')) {
        const line = received.slice(0, end);
        received = received.slice(end + 2);
        heard.push(line);
        if (isData && line !== '.') continue;
        if (refuse !== '' && line.startsWith(refuse)) socket.write('550 not here\r\n');
        else if (line === 'DATA') socket.write('354 go on\r\n');
        else if (line.startsWith('EHLO')) socket.write('250-me\r\n250 SIZE 1000\r\n');
        else socket.write('250 fine\r\n');
        isData = line === 'DATA';
      }
    });
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  try {
    await body(typeof address === 'object' && address !== null ? address.port : 0, heard);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

function outboundTo(port: number, user = ''): SmtpOutbound {
  const smtp = `smtp://${user}127.0.0.1:${port}`;
  const endpoint = { smtp, from: 'fraud@bank.example', to: ['a@bank.example', 'b@bank.example'], timeoutMs: 60_000 };
  return new SmtpOutbound(new Map([['mail', endpoint]]), new SimulatedClock());
}

describe('a mail', () => {
  test('reaches every recipient, its text in base64 and its subject in encoded words', () =>
    onServer('', async (port, heard) => {
      assert.equal((await outboundTo(port).deliver(COMMAND)).outcome, 'confirmed');
      assert.deepEqual(heard.slice(0, 5), [
        'EHLO palisade',
        'MAIL FROM:<fraud@bank.example>',
        'RCPT TO:<a@bank.example>',
        'RCPT TO:<b@bank.example>',
        'DATA',
      ]);
      assert.ok(!heard.some((line) => /^bcc:/i.test(line)), 'no header is smuggled in');
      const words = heard.filter((line) => line.includes('=?utf-8?B?')).join('');
      const subject = [...words.matchAll(/=\?utf-8\?B\?([^?]*)\?=/g)].map(([, word]) =>
        Buffer.from(word ?? '', 'base64'),
      );
      assert.equal(Buffer.concat(subject).toString('utf8'), 'Überweisung Bcc: other@example.org');
      const blank = heard.indexOf('', 5);
      const text = Buffer.from(heard.slice(blank + 1, heard.indexOf('.')).join(''), 'base64').toString('utf8');
      assert.match(text, /severity: error/);
    }));

  test('that is refused is an attempt that failed', () =>
    onServer('RCPT', async (port) => {
      const answer = await outboundTo(port).deliver(COMMAND);
      assert.deepEqual([answer.outcome, answer.code], ['failed', 550]);
    }));

  test('never sends a password over a connection that is not encrypted', () =>
    onServer('', async (port, heard) => {
      const answer = await outboundTo(port, 'user:secret@').deliver(COMMAND);
      assert.equal(answer.outcome, 'failed');
      assert.ok(!heard.some((line) => line.startsWith('AUTH')));
    }));

  test('to a server that is not there is an attempt that failed', async () => {
    assert.equal((await outboundTo(1).deliver(COMMAND)).outcome, 'failed');
  });
});
