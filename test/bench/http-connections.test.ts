import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { HttpConnections } from '../../bench/http-connections.ts';

type Answering = (socket: Socket, request: string) => void;

/** A server that answers as it is told, whatever HTTP says; hands the connections to it to a test. */
async function onServer(answer: Answering, act: (url: string) => Promise<void>): Promise<number> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (chunk) => answer(socket, String(chunk)));
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  try {
    await act(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
  return sockets.length;
}

describe('the connections of a load generator', () => {
  test('tell the status of each answer once its body is here, however it is cut', async () => {
    const text = 'HTTP/1.1 503 Busy\r\nA: b\r\nContent-Length: LENGTH\r\n\r\n{"ä":"öü"}';
    const bytes = Buffer.from(text.replace('LENGTH', String(Buffer.byteLength('{"ä":"öü"}'))));
    for (let cut = 1; cut < bytes.length; cut += 7) {
      const opened = await onServer(
        (socket) => {
          socket.write(bytes.subarray(0, cut), () => setImmediate(() => socket.write(bytes.subarray(cut))));
        },
        async (url) => {
          const connections = new HttpConnections(url, 1);
          assert.deepEqual([await connections.get('/'), await connections.get('/')], [503, 503]);
          connections.close();
        },
      );
      assert.equal(opened, 1);
    }
  });

  test('send what waits as soon as one of them is free, and no more than are allowed at once', async () => {
    const held: (() => void)[] = [];
    let received = 0;
    const opened = await onServer(
      (socket, request) => {
        received += 1;
        const status = request.endsWith('\r\n\r\n{"n":3}') ? 404 : 200;
        held.push(() => socket.write(`HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`));
        // Never reached by one connection, and never passed by two.
        if (held.length === 2 || received === 7) for (const answer of held.splice(0)) answer();
      },
      async (url) => {
        const connections = new HttpConnections(url, 2);
        const sent = Array.from({ length: 7 }, (_, index) => connections.post('/x', JSON.stringify({ n: index })));
        assert.deepEqual(await Promise.all(sent), [200, 200, 200, 404, 200, 200, 200]);
        connections.close();
      },
    );
    assert.equal(opened, 2);
  });

  test('open another where the server has closed an idle one', async () => {
    const closed = Promise.withResolvers<void>();
    const opened = await onServer(
      (socket) => {
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
        socket.once('close', () => closed.resolve());
      },
      async (url) => {
        const connections = new HttpConnections(url, 1);
        assert.equal(await connections.get('/'), 200);
        // It is closed on this side once the other one has heard of it, and lets go of it in a turn of its own.
        await closed.promise;
        await new Promise((resolve) => setTimeout(resolve, 200));
        assert.equal(await connections.get('/'), 200);
        connections.close();
      },
    );
    assert.equal(opened, 2);
  });

  test('reject what a server leaves without an answer, or answers without a length', async () => {
    for (const answer of [
      (socket: Socket) => void socket.destroy(),
      (socket: Socket) => void socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'),
    ]) {
      await onServer(answer, async (url) => {
        const connections = new HttpConnections(url, 1);
        await assert.rejects(connections.get('/'));
        connections.close();
      });
    }
  });
});
