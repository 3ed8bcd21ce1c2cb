import assert from 'node:assert/strict';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** An answer as it came over the wire. */
export type WireAnswer = {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
};

const PATIENCE_MS = 180_000;

/** What a slow machine may answer to any call, and no test is about where its caller is patient. */
const PUT_OFF =
  /"code":"(?:ENGINE_OVERLOADED|SAGAS_ELSEWHERE|ACTOR_CONFLICT|LOG_OUTCOME_UNKNOWN|TRANSACTION_UNRESOLVED)"/;

export type CallerOptions = {
  readonly key?: string;
  readonly connectionsMax?: number;
  /** Whether a call that is put off is sent again after the time that the answer names, as any may be put off. */
  readonly isPatient?: boolean;
};

/** A caller of the API over real connections. Rejects where a connection fails. */
export class HttpCaller {
  readonly #agent: http.Agent;
  readonly #base: URL;
  readonly #key: string | null;
  readonly #isPatient: boolean;

  constructor(url: string, { key, connectionsMax = 64, isPatient = true }: CallerOptions = {}) {
    this.#base = new URL(url);
    this.#key = key ?? null;
    this.#isPatient = isPatient;
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: connectionsMax });
  }

  get(path: string, headers: http.OutgoingHttpHeaders = {}): Promise<WireAnswer> {
    return this.send('GET', path, '', headers);
  }

  authorize(body: string, headers: http.OutgoingHttpHeaders = {}): Promise<WireAnswer> {
    return this.send('POST', '/v1/authorizations', body, { 'x-deadline-ms': '60000', ...headers });
  }

  async send(method: string, path: string, body = '', headers: http.OutgoingHttpHeaders = {}): Promise<WireAnswer> {
    const untilMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await this.#sendOnce(method, path, body, headers);
      const isPutOff = answer.status === 503 && PUT_OFF.test(answer.text);
      if (!this.#isPatient || !isPutOff || performance.now() > untilMs) return answer;
      await sleep(Number(answer.headers['retry-after'] ?? 1) * 1000);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #sendOnce(method: string, path: string, body: string, headers: http.OutgoingHttpHeaders): Promise<WireAnswer> {
    const { hostname, port } = this.#base;
    const all = {
      ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...(this.#key === null ? {} : { authorization: `Bearer ${this.#key}` }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      const request = http.request({ agent: this.#agent, hostname, port, method, path, headers: all }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }
}

/** One call to an address, as a caller makes it that is patient: the status, and the body as JSON. */
export async function callJson(
  address: string,
  method = 'GET',
  body = '',
): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
  const { origin, pathname, search } = new URL(address);
  const caller = new HttpCaller(origin);
  try {
    const { status, text } = await caller.send(method, `${pathname}${search}`, body);
    return { status, body: JSON.parse(text) };
  } finally {
    caller.close();
  }
}

/** An ordinary purchase as JSON, with members changed. */
export function paymentText(transactionId: string, changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    transactionId,
    type: 'purchase',
    occurredAt: '2026-01-31T13:45:00+02:00',
    cardId: 'card-1',
    accountId: 'account-1',
    deviceId: 'device-1',
    merchantId: 'merchant-1',
    ip: '192.0.2.17',
    amountMinor: 1250,
    currency: 'EUR',
    channel: 'ecommerce',
    country: 'DE',
    ...changes,
  });
}

/** Asserts that an answer is a problem document with this status and code; answers the names of its fields. */
export function assertProblem(answer: WireAnswer, status: number, code: string): string[] {
  assert.deepEqual([answer.status, JSON.parse(answer.text).code], [status, code], answer.text);
  assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/);
  const problem: { status: number; detail: string; errors: { field: string; message: string }[] } = JSON.parse(
    answer.text,
  );
  assert.equal(problem.status, status);
  assert.match(problem.detail, /^Cannot .+ as .+/);
  return problem.errors.map(({ field }) => field);
}
