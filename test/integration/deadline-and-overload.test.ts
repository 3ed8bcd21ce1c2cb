import assert from 'node:assert/strict';
import process from 'node:process';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { answersOf, postText, RawClient } from '../http/raw-client.ts';
import { drivesNode } from './engine-process.ts';
import { assertProblem, type HttpCaller, paymentText, type WireAnswer } from './http-caller.ts';
import { onWorkbench } from './workbench.ts';

const noStalls = process.platform === 'win32' ? 'a process cannot be stopped for a while on Windows' : false;
const PIPELINED = 200;
const ATTEMPTS = 10;
const CALLERS = 400;

/** Payments in one piece on one connection: the server reads them all before the first one is on disk. */
async function pipelined(url: string, attempt: number): Promise<{ id: string; body: string }[]> {
  const client = await RawClient.open(url);
  const bodies = Array.from({ length: PIPELINED }, (_, index) => paymentText(`payment-${attempt}-${index}`));
  const requests = bodies.map((body, index) => {
    const isLast = index === PIPELINED - 1;
    return postText('/v1/authorizations', body, ['X-Deadline-Ms: 1', `Connection: ${isLast ? 'close' : 'keep-alive'}`]);
  });
  client.write(requests.join(''));
  const answers = answersOf(await client.untilEnd());
  assert.equal(answers.length, PIPELINED);
  return answers.flatMap(({ status, body }, index) => {
    if (status === 200) return [{ id: `payment-${attempt}-${index}`, body }];
    assert.match(body, /ENGINE_OVERLOADED/);
    return [];
  });
}

describe('time that runs out', { concurrency: true, skip: drivesNode }, () => {
  describe('a deadline that has passed', { concurrency: true }, () => {
    test('is answered by the fallback policy, and this is what is kept', { skip: noStalls }, () =>
      onWorkbench(async (bench) => {
        const server = await bench.serve();
        const late: { id: string; body: string }[] = [];
        for (let attempt = 0; late.length === 0 && attempt < ATTEMPTS; attempt++) {
          const sent = pipelined(server.url, attempt);
          server.signal('SIGSTOP');
          await sleep(20);
          server.signal('SIGCONT');
          late.push(...(await sent).filter(({ body }) => JSON.parse(body).mode === 'fallback'));
        }
        assert.ok(late.length > 0, `no deadline passed in ${ATTEMPTS} attempts`);
        for (const { body } of late) {
          const { outcome, reasons, revisions } = JSON.parse(body);
          // What the shipped ruleset says of online payments up to 30.
          assert.deepEqual([outcome, reasons[0].code, revisions], ['approve', 'DEADLINE_FALLBACK', {}]);
        }
        const assertKept = async (caller: HttpCaller): Promise<void> => {
          for (const { id, body } of late) {
            assert.equal((await caller.get(`/v1/authorizations/${id}`)).text, body);
            const again = await caller.authorize(paymentText(id));
            assert.deepEqual([again.text, again.headers['palisade-repeated']], [body, 'true']);
          }
        };
        await assertKept(bench.call(server));
        await server.end('SIGKILL');
        const after = bench.call(await bench.serve());
        await assertKept(after);
        const { revision } = JSON.parse((await after.get('/v1/cards/card-1')).text);
        assert.ok(revision + 1 >= late.length);
      }),
    );
  });

  describe('more requests than can be served in time', { concurrency: true }, () => {
    test('are shed with the time to wait, each is answered, and the server is well after', { skip: noStalls }, () =>
      onWorkbench(async (bench) => {
        const server = await bench.serve();
        const caller = bench.call(server, { connectionsMax: CALLERS, isPatient: false });
        const reader = bench.call(server);
        const shed: WireAnswer[] = [];
        const decided = new Map<string, string>();
        for (let attempt = 0; shed.length === 0 && attempt < ATTEMPTS; attempt++) {
          server.signal('SIGSTOP');
          const sent = Array.from({ length: CALLERS }, async (_, index) => {
            const id = `payment-${attempt}-${index}`;
            const answer = await caller.authorize(paymentText(id, { cardId: `card-${index}` }));
            if (answer.status === 200) decided.set(id, answer.text);
            else shed.push(answer);
          });
          await sleep(1000);
          server.signal('SIGCONT');
          await Promise.all(sent);
        }
        assert.ok(shed.length > 0, `nothing was shed in ${ATTEMPTS} attempts`);
        for (const answer of shed) {
          assertProblem(answer, 503, 'ENGINE_OVERLOADED');
          assert.match(answer.headers['retry-after'] ?? '', /^[1-5]$/);
        }
        for (const [id, text] of decided) assert.equal((await reader.get(`/v1/authorizations/${id}`)).text, text);
        assert.equal((await reader.get('/readyz')).status, 200);
        assert.match((await reader.get('/metrics')).text, /palisade_authorizations_in_flight 0\n/);
      }),
    );
  });
});
