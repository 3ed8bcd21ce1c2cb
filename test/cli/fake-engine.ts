import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Decision, Outcome } from '../../src/domain/decision.ts';

/** A request that the fake engine got. */
export type SeenRequest = {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
};

export type FakeEngine = {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  stop(): Promise<void>;
};

/** A status other than 200 for a request, with a Retry-After where given; null to answer as usual. */
export type Misbehaviour = (request: SeenRequest, number: number) => { status: number; retryAfter?: string } | null;

/** A decision that depends on the request alone. */
export function decisionOf(transactionId: string, outcome: Outcome): Decision {
  const reasons =
    outcome === 'approve'
      ? []
      : [{ code: 'LARGE_AMOUNT', ruleId: 'large', outcome, score: 90, evidence: { 'card.count_1h': 3 } }];
  return {
    transactionId,
    outcome,
    score: outcome === 'approve' ? 5 : 90,
    mode: 'full',
    responseCode: outcome === 'approve' ? '00' : '59',
    reasons,
    shadow: [],
    failures: [],
    responses: [],
    rulesetVersion: 'ruleset-1',
    revisions: {},
    decidedAt: '2025-01-06T00:00:00.000Z',
  };
}

const RULESET = { text: 'rules:\n  - id: large\n    description: A payment that is large.\n' };

function answer(response: ServerResponse, status: number, body: unknown, retryAfter?: string): void {
  response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
  response.end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Listens on a free local port and declines every transaction of more than 300.00. */
export async function startFakeEngine(misbehave: Misbehaviour = () => null): Promise<FakeEngine> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    textOf(request).then(
      (text) => {
        const path = request.url ?? '';
        if (path === '/v1/ruleset') return answer(response, 200, RULESET);
        if (path.startsWith('/v1/sagas?')) return answer(response, 200, { total: 0, nextOffset: null, sagas: [] });
        const entry: SeenRequest = { path, body: JSON.parse(text), headers: request.headers };
        seen.push(entry);
        const fault = misbehave(entry, seen.length);
        if (fault !== null) return answer(response, fault.status, { detail: 'told to' }, fault.retryAfter);
        const { transactionId, eventId, amountMinor } = entry.body;
        if (path === '/v1/events') return answer(response, 200, { eventId, repeated: false, alerts: [] });
        return answer(
          response,
          200,
          decisionOf(String(transactionId), Number(amountMinor) > 30_000 ? 'decline' : 'approve'),
        );
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
