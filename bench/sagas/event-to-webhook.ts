import { randomBytes } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import { Agent, createServer, request, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMap, isSeq, parseDocument, stringify as stringifyYaml } from 'yaml';
import { secretOf } from '../../src/adapters/webhook/standard-webhooks.ts';
import { DEFAULT_RULESET_FILE } from '../../src/cli/engine-server.ts';
import { temporaryFolder } from '../engine/harness.ts';
import { PALISADE, startServerUnderTest } from '../engine/servers.ts';
import { type Figure, figure, quantile } from '../figures.ts';
import { ordinaryStepMs, paymentText } from '../payments.ts';
import type { SuiteOptions } from '../suite.ts';

const CARDS = 5_000;
const RATE_PER_S = 500;
/** Nothing takes as long: a payment without an answer by then has none. */
const ANSWER_WAIT_MS_MAX = 30_000;
/** Share of the payments that may be shed, on a machine that does other work, before the run says nothing. */
const SHED_SHARE_MAX = 0.2;
/** One payment in so many crosses the threshold, each with a card of its own. */
const EVERY = 10;

/** The default ruleset with one more rule: a payment by mail order of a marked merchant freezes its card. */
async function rulesetWithMark(): Promise<string> {
  const document = parseDocument(await readFile(DEFAULT_RULESET_FILE, 'utf8'));
  const rules = document.get('rules');
  if (!isSeq(rules)) throw new Error('The default ruleset has no rules');
  for (const rule of rules.items) if (isMap(rule)) rule.delete('respond');
  const when = 'event.channel == "mail_order" && event.merchantId == "marked"';
  rules.add(
    document.createNode({ id: 'marked', when, outcome: 'decline', score: 90, reason: 'MARKED', respond: ['freeze'] }),
  );
  return String(document);
}

/** A local endpoint that notes when each command first arrived. */
async function startReceiver(): Promise<{ arrived: Map<string, number>; receiver: Server; port: number }> {
  const arrived = new Map<string, number>();
  const receiver = createServer((incoming, response) => {
    const id = String(incoming.headers['webhook-id']);
    if (!arrived.has(id)) arrived.set(id, performance.now());
    incoming.resume();
    response.writeHead(200).end('{}');
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const address = receiver.address();
  return { arrived, receiver, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

/** A file of responses that freezes cards at a local endpoint. */
function responsesTo(port: number): object {
  const secrets = [secretOf(randomBytes(32))];
  const endpoint = { url: `http://127.0.0.1:${port}/`, secrets, allow_private: true, concurrency: 64 };
  return { endpoints: { 'card-processor': endpoint }, responses: { freeze: { saga: 'freeze-card' } } };
}

function markedPayment(index: number, card: number): string {
  return paymentText(index, card, 'marked', ordinaryStepMs(CARDS))
    .replace(/"merchantId":"[^"]*"/, '"merchantId":"marked"')
    .replace('"ecommerce"', '"mail_order"');
}

/**
 * From the sending of the payment that crosses the threshold to the arrival of the freeze at a local endpoint: the
 * decision and the saga's first step are each durable before the next. Open loop, at a fixed rate.
 */
export async function measureEventToWebhook({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 1 : 5;
  const seconds = quick ? 4 : 12;
  const folder = await temporaryFolder();
  const { arrived, receiver, port } = await startReceiver();
  const responses = join(folder.path, 'responses.yaml');
  const ruleset = join(folder.path, 'ruleset.yaml');
  await writeFile(responses, stringifyYaml(responsesTo(port)));
  await writeFile(ruleset, await rulesetWithMark());
  const args = [
    'serve',
    '--data',
    folder.path,
    '--port',
    '0',
    '--open',
    '--ruleset',
    ruleset,
    '--responses',
    responses,
  ];
  const server = await startServerUnderTest(PALISADE, args);
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  const syncs: number[] = [];
  const answers: { p50s: number[]; p99s: number[] } = { p50s: [], p99s: [] };
  const p50s: number[] = [];
  const p99s: number[] = [];
  try {
    for (let run = -1; run < runs; run++) {
      const { sent, answerMs, shed } = await load(server.url, agent, run + 1, run < 0 ? 3 : seconds);
      await sleep(500);
      const latencies = [...sent].flatMap(([id, atMs]) => {
        const at = arrived.get(id);
        return at === undefined ? [] : [at - atMs];
      });
      if (latencies.length !== sent.size) throw new Error(`${sent.size - latencies.length} freezes did not arrive`);
      if (run < 0) continue;
      syncs.push(await fsyncMs(folder.path));
      answers.p50s.push(quantile(answerMs, 0.5));
      answers.p99s.push(quantile(answerMs, 0.99));
      p50s.push(quantile(latencies, 0.5));
      p99s.push(quantile(latencies, 0.99));
      note(
        `  run ${run + 1} of ${runs}: ${latencies.length} freezes, ` +
          `p50 ${p50s.at(-1)?.toFixed(2)} ms, p99 ${p99s.at(-1)?.toFixed(2)} ms` +
          (shed === 0 ? '' : `; ${shed} payments were shed, as the machine is busy with other work`),
      );
    }
  } finally {
    agent.destroy();
    await server.stop();
    receiver.closeAllConnections();
    receiver.close();
    await folder.remove();
  }
  const what = `payment sent to freeze received, ${RATE_PER_S} decisions a second, one in ${EVERY} crosses`;
  const added = p50s.map((p50, run) => p50 - (answers.p50s[run] ?? 0));
  return [
    figure('event_to_webhook_p50_ms', what, 'ms', p50s, '< 5'),
    figure('event_to_webhook_p99_ms', what, 'ms', p99s, '< 25'),
    figure('webhook_after_answer_ms', 'the first of these less decision_p50_ms: what the saga adds', 'ms', added),
    figure('decision_p50_ms', 'payment sent to answer received, of all payments in the same runs', 'ms', answers.p50s),
    figure('decision_p99_ms', 'payment sent to answer received, of all payments in the same runs', 'ms', answers.p99s),
    figure('fsync_ms', 'a write of 4 KiB and its fsync on the same disk, after each run', 'ms', syncs),
  ];
}

/** Median time of a small write with its fsync: what each durable step costs at least. */
async function fsyncMs(directory: string): Promise<number> {
  const file = await open(join(directory, 'fsync-probe'), 'w');
  const times: number[] = [];
  for (let write = 0; write < 200; write++) {
    const startMs = performance.now();
    await file.write('x'.repeat(4096));
    await file.datasync();
    times.push(performance.now() - startMs);
  }
  await file.close();
  return quantile(times, 0.5);
}

/** When each payment that crosses was sent, by the id of the freeze that it leads to; and how long all answers took. */
type Load = { readonly sent: ReadonlyMap<string, number>; readonly answerMs: readonly number[]; readonly shed: number };

/** Sends payments at the rate, whether or not the answers keep up. */
async function load(url: string, agent: Agent, run: number, seconds: number): Promise<Load> {
  const sent = new Map<string, number>();
  const answerMs: number[] = [];
  const total = RATE_PER_S * seconds;
  const startMs = performance.now();
  let answered = 0;
  let shed = 0;
  let failure: Error | null = null;
  for (let next = 0; next < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) / 1000) * RATE_PER_S));
    for (; next < due; next++) {
      const number = run * 1_000_000 + next;
      const crosses = next % EVERY === 0;
      const card = crosses ? 1_000_000 + number : number % CARDS;
      const text = crosses ? markedPayment(number, card) : paymentText(number, card, 'plain', ordinaryStepMs(CARDS));
      const sentMs = performance.now();
      if (crosses) sent.set(effectOf(card), sentMs);
      post(`${url}/v1/authorizations`, agent, text, (status, error) => {
        failure ??= error;
        answered += 1;
        if (status === 200) answerMs.push(performance.now() - sentMs);
        else shed += 1;
        if (status !== 200) sent.delete(effectOf(card));
      });
    }
    if (failure !== null) throw failure;
    await sleep(1);
  }
  const untilMs = performance.now() + ANSWER_WAIT_MS_MAX;
  while (answered < total) {
    if (failure !== null) throw failure;
    if (performance.now() > untilMs) throw new Error(`${total - answered} of ${total} payments got no answer`);
    await sleep(5);
  }
  if (shed > total * SHED_SHARE_MAX) throw new Error(`${shed} of ${total} payments were shed: the machine is too busy`);
  return { sent, answerMs, shed };
}

/** Id of the freeze of a card. */
function effectOf(card: number): string {
  return `freeze-card:card-${card}:1:freeze`;
}

/** Posts a payment; `done` gets the status of the answer, 200 or 503 for what was shed, or an error. */
function post(url: string, agent: Agent, body: string, done: (status: number, failure: Error | null) => void): void {
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'x-deadline-ms': '10000',
  };
  const outgoing = request(url, { method: 'POST', agent, headers }, ({ statusCode = 0 }) => {
    const isExpected = statusCode === 200 || statusCode === 503;
    done(statusCode, isExpected ? null : new Error(`The engine answered ${statusCode}`));
  });
  outgoing.on('response', (response) => response.resume());
  outgoing.on('error', (error) => done(0, error));
  outgoing.end(body);
}
