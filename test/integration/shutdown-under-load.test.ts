import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drivesNode } from './engine-process.ts';
import { assertProblem, type HttpCaller, paymentText } from './http-caller.ts';
import { onWorkbench } from './workbench.ts';

const CONNECTIONS = 30;
const ANSWERS_BEFORE_THE_SIGNAL = 300;

/** What the callers met: decisions by id, what was shed, what was refused before it was sent, and what broke after. */
class Traffic {
  readonly answers = new Map<string, string>();
  readonly shed: string[] = [];
  readonly refused: string[] = [];
  readonly broken: string[] = [];
  #next = 0;

  /** Sends one payment after the other until the server takes no more connections. */
  async run(caller: HttpCaller): Promise<void> {
    for (;;) {
      const number = this.#next++;
      const id = `payment-${number}`;
      try {
        const changes = {
          cardId: `card-${number % 50}`,
          accountId: `account-${number % 50}`,
          ip: `10.0.0.${number % 50}`,
        };
        const answer = await caller.authorize(paymentText(id, changes));
        if (answer.status === 200) this.answers.set(id, answer.text);
        else this.shed.push(id, ...assertProblem(answer, 503, 'ENGINE_OVERLOADED'));
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
        if (code === 'ECONNREFUSED') {
          this.refused.push(id);
          return;
        }
        this.broken.push(id);
      }
    }
  }
}

describe('SIGTERM', { concurrency: true, skip: drivesNode }, () => {
  test('ends a server in order whose readers of output and log have gone', () =>
    onWorkbench(async (bench) => {
      const server = await bench.serve();
      server.deafen();
      const caller = bench.call(server);
      assert.equal((await caller.authorize(paymentText('payment-1'))).status, 200);
      assert.equal(await server.end('SIGTERM'), 0);
      assert.equal((await bench.call(await bench.serve()).get('/v1/authorizations/payment-1')).status, 200);
    }));

  test('under load loses no request: what the server took is answered, and what is answered is kept', (context) =>
    onWorkbench(async (bench) => {
      const server = await bench.serve();
      const caller = bench.call(server, { connectionsMax: CONNECTIONS, isPatient: false });
      const traffic = new Traffic();
      const runs = Array.from({ length: CONNECTIONS }, () => traffic.run(caller));
      while (traffic.answers.size < ANSWERS_BEFORE_THE_SIGNAL && !server.isOver) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      const [code] = await Promise.all([server.end('SIGTERM'), ...runs]);
      assert.equal(code, 0, server.output);
      assert.equal(traffic.refused.length, CONNECTIONS);
      assert.match(server.stderr, /"Shut down"/);
      assert.doesNotMatch(server.stderr, /"level":"(?:warn|error)"/);

      const after = await bench.serve();
      const reader = bench.call(after);
      const read = async (id: string) => await reader.get(`/v1/authorizations/${id}`);
      const kept = await Promise.all([...traffic.answers].map(async ([id, text]) => (await read(id)).text === text));
      assert.equal(kept.filter((isSame) => !isSame).length, 0);
      // A connection that the system had, and the server never saw, breaks without harm: nothing of it was decided.
      context.diagnostic(
        `${traffic.answers.size} answered, ${traffic.shed.length} shed, ${traffic.broken.length} broken`,
      );
      for (const id of [...traffic.broken, ...traffic.refused, ...traffic.shed])
        assert.equal((await read(id)).status, 404, id);
      await after.end('SIGKILL');
    }));
});
