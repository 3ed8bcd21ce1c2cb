import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CliProcess, drivesNode } from './engine-process.ts';
import { assertProblem, type HttpCaller, paymentText } from './http-caller.ts';
import { onWorkbench } from './workbench.ts';

type StreamEvent = { readonly id: string; readonly event: string; readonly data: string };

/** Silence after which no more is waited for: the stream tells its position more often than that. */
const PATIENCE_MS = 60_000;

/** Reads a stream of server-sent events, after the HTML standard, until it has had enough or the server ends it. */
function readEvents(
  url: string,
  headers: http.OutgoingHttpHeaders,
  isEnough: (events: readonly StreamEvent[]) => boolean,
): Promise<readonly StreamEvent[]> {
  return new Promise((resolve, reject) => {
    const events: StreamEvent[] = [];
    const request = http.get(url, { headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const fields = new Map(text.slice(0, end).split('\n').map(fieldOf));
          text = text.slice(end + 2);
          events.push({
            id: fields.get('id') ?? '',
            event: fields.get('event') ?? '',
            data: fields.get('data') ?? '',
          });
          if (!isEnough(events)) continue;
          // In the midst of a page, as a connection breaks: what was sent behind it is lost.
          request.destroy();
          return;
        }
      });
      response.on('close', () => resolve(events));
    });
    request.on('error', (error) => (events.length > 0 ? resolve(events) : reject(error)));
    request.setTimeout(PATIENCE_MS, () => request.destroy());
  });
}

function fieldOf(line: string): readonly [string, string] {
  const [name = '', ...rest] = line.split(': ');
  return [name, rest.join(': ')];
}

async function payAll(caller: HttpCaller, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) {
    const { status, text } = await caller.authorize(paymentText(`payment-${index}`, { cardId: `card-${index % 7}` }));
    assert.equal(status, 200, text);
  }
}

/** Every decision in the order of the log, once the lists have so many. */
async function decided(caller: HttpCaller, count: number): Promise<readonly string[]> {
  for (let tries = 0; ; tries++) {
    const { items } = JSON.parse((await caller.get('/v1/decisions?sort=position&order=asc&limit=500')).text);
    if (items.length === count)
      return items.map((row: { transactionId: string; position: number }) => `${row.position} ${row.transactionId}`);
    assert.ok(tries < 3_600, `the lists have ${items.length} decisions of ${count}`);
    await sleep(50);
  }
}

function rowsOf(events: readonly StreamEvent[]): readonly string[] {
  return events
    .filter(({ event }) => event === 'decision')
    .map(({ data }) => `${JSON.parse(data).position} ${JSON.parse(data).transactionId}`);
}

describe('the stream', { skip: drivesNode }, () => {
  test('goes on without a gap where a reader was cut off, over a hard end of the server too', () =>
    onWorkbench(async (bench) => {
      let server: CliProcess = await bench.serve();
      await payAll(bench.call(server), 0, 60);
      await decided(bench.call(server), 60);
      const path = '/v1/stream?types=decision';
      const first = await readEvents(`${server.url}${path}&after=0`, {}, (events) => rowsOf(events).length >= 25);
      const lastId = first.filter(({ id }) => id !== '').at(-1)?.id ?? '';

      // While nobody reads, more is decided, and the server ends without a word.
      await payAll(bench.call(server), 60, 90);
      await server.end('SIGKILL');
      server = await bench.serve();
      const caller = bench.call(server);
      await payAll(caller, 90, 120);
      const all = await decided(caller, 120);
      const headers = { 'Last-Event-ID': lastId };
      const second = await readEvents(`${server.url}${path}`, headers, (events) => rowsOf(events).length >= 95);

      assert.deepEqual([...rowsOf(first), ...rowsOf(second)], all);
      const ids = [...first, ...second].filter(({ event }) => event === 'decision').map(({ id }) => Number(id));
      assert.ok(ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? 0)));
    }));

  test('begins with what comes now, and says which position is none', () =>
    onWorkbench(async (bench) => {
      const server = await bench.serve();
      const caller = bench.call(server);
      await payAll(caller, 0, 3);
      await decided(caller, 3);
      const begun = Promise.withResolvers<void>();
      const reading = readEvents(`${server.url}/v1/stream?types=decision`, {}, (events) => {
        begun.resolve();
        return rowsOf(events).length > 0;
      });
      await begun.promise;
      await payAll(caller, 3, 4);
      assert.deepEqual(
        rowsOf(await reading).map((row) => row.split(' ')[1]),
        ['payment-3'],
      );
      assertProblem(await caller.get('/v1/stream', { 'Last-Event-ID': 'yesterday' }), 400, 'REQUEST_INVALID');
    }));
});
