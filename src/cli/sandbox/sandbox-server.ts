import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { secretOf, signWebhook } from '../../adapters/webhook/standard-webhooks.ts';
import { WebhookVerifier } from '../../adapters/webhook/webhook-verifier.js';
import { isEventRecord } from '../traffic/traffic-item.ts';
import { BEHAVIOURS, type Behaviour, type Command, SANDBOX_SERVICES, SandboxWorld } from './sandbox-world.ts';

const SLOW_MS = 3_000;
const BODY_BYTES_MAX = 64 * 1024;
/** Services that accept first and confirm later, as card processors and identity providers do. */
const CONFIRMING: readonly string[] = ['card-processor', 'identity-provider'];

export type SandboxOptions = {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Secret that commands to it and confirmations from it are signed with; made where it is null. */
  readonly secret: string | null;
  /** Where confirmations go, without the name of the service. */
  readonly confirmTo: string;
};

/** A sandbox that answers. */
export type Sandbox = {
  readonly url: string;
  readonly secret: string;
  readonly world: SandboxWorld;
  /** Sends confirmations elsewhere from now on. */
  confirmTo(url: string): void;
  close(): Promise<void>;
};

/** Starts a sandbox: each service under its name, `GET /world`, and `PUT /behaviours/{service}` with its behaviour. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const secret = options.secret ?? secretOf(randomBytes(32));
  const door = new SandboxDoor(new SandboxWorld(), secret, options.confirmTo);
  const server = createServer((request, response) => {
    door.serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    url: urlOf(server, options.host),
    secret,
    world: door.world,
    confirmTo: (url) => {
      door.confirmUrl = url;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await door.idle();
    },
  };
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  return `http://${host}:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

class SandboxDoor {
  readonly world: SandboxWorld;
  confirmUrl: string;
  readonly #secret: string;
  readonly #verifier: WebhookVerifier;
  readonly #confirming = new Set<Promise<void>>();

  constructor(world: SandboxWorld, secret: string, confirmUrl: string) {
    this.world = world;
    this.#secret = secret;
    this.confirmUrl = confirmUrl;
    this.#verifier = new WebhookVerifier([secret]);
  }

  async idle(): Promise<void> {
    await Promise.allSettled([...this.#confirming]);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readBody(request);
    const [, first = '', second = ''] = (request.url ?? '').split('/');
    if (request.method === 'GET' && first === 'world') return answer(response, 200, this.world.report());
    const service = SANDBOX_SERVICES.find((name) => name === (first === 'behaviours' ? second : first));
    if (service === undefined) return answer(response, 404, { error: 'there is no such service' });
    if (first === 'behaviours') return this.#behave(service, text, response);
    if (request.method !== 'POST') return answer(response, 405, { error: 'post a command' });
    const command = commandOf(request, text);
    const behaviour = this.world.behaviourOf(service);
    if (behaviour === 'down') return void response.destroy();
    if (behaviour === 'error') return answer(response, 500, { error: 'as told' });
    if (behaviour === 'gone') return answer(response, 410, { error: 'as told' });
    if (behaviour === 'slow') await sleep(SLOW_MS);
    const isSigned = request.headers['webhook-id'] !== undefined;
    const refusal = isSigned ? this.#verifier.forgeryOf(headersOf(request), text, Date.now()) : null;
    this.world.take(service, command, Date.now(), refusal);
    if (refusal !== null) return answer(response, 401, { error: refusal });
    const isConfirming = CONFIRMING.includes(service) && isSigned;
    if (isConfirming && behaviour !== 'silent') this.#confirmSoon(service, command.id, behaviour);
    if (behaviour === 'lost_reply') return void response.destroy();
    answer(response, isConfirming ? 202 : 200, { taken: true });
  }

  #behave(service: (typeof SANDBOX_SERVICES)[number], text: string, response: ServerResponse): void {
    const behaviour = BEHAVIOURS.find((name) => name === text.trim().replaceAll('"', ''));
    if (behaviour !== undefined) this.world.behaviours.set(service, behaviour);
    const body = behaviour === undefined ? { error: `one of ${BEHAVIOURS.join(', ')}` } : { service, behaviour };
    answer(response, behaviour === undefined ? 400 : 200, body);
  }

  #confirmSoon(service: string, effectId: string, behaviour: Behaviour): void {
    const confirming = this.#confirm(service, effectId, behaviour).catch(() => {});
    this.#confirming.add(confirming);
    void confirming.finally(() => this.#confirming.delete(confirming));
  }

  async #confirm(service: string, effectId: string, behaviour: Behaviour): Promise<void> {
    if (behaviour === 'wrong_signature') await this.#post(service, effectId, secretOf(randomBytes(32)));
    await this.#post(service, effectId, this.#secret);
    if (behaviour === 'duplicate') await this.#post(service, effectId, this.#secret);
  }

  async #post(service: string, effectId: string, secret: string): Promise<void> {
    const body = JSON.stringify({ effectId, succeeded: true, detail: 'done' });
    const signed = signWebhook([secret], `confirm-${randomBytes(9).toString('hex')}`, Date.now(), body);
    const headers = { 'content-type': 'application/json', ...signed };
    const response = await fetch(`${this.confirmUrl}/${service}`, { method: 'POST', headers, body });
    await response.arrayBuffer();
  }
}

function headersOf(request: IncomingMessage): { [name: string]: string } {
  const entries = Object.entries(request.headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}

function commandOf(request: IncomingMessage, text: string): Command {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const body = isEventRecord(value) ? value : {};
  const type = typeof body.type === 'string' ? body.type : 'notice';
  const id = request.headers['webhook-id'];
  const data = isEventRecord(body.data) ? body.data : body;
  return { id: typeof id === 'string' ? id : `unsigned-${randomBytes(9).toString('hex')}`, type, data };
}

async function readBody(request: IncomingMessage): Promise<string> {
  request.setEncoding('utf8');
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > BODY_BYTES_MAX) throw new Error('the body is too long');
  }
  return text;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A file of responses that has every saga act on a sandbox. */
export function sandboxResponses({ url, secret }: Pick<Sandbox, 'url' | 'secret'>): object {
  const to = (service: string, more: object = {}): object => ({
    url: `${url}/${service}`,
    secrets: [secret],
    allow_private: true,
    timeout: '2s',
    ...more,
  });
  return {
    endpoints: {
      'card-processor': to('card-processor', { confirmation: 'callback' }),
      'identity-provider': to('identity-provider', { confirmation: 'callback' }),
      notifier: to('notifier'),
      cases: to('cases'),
      authenticator: to('authenticator'),
      ledger: to('ledger'),
      edge: to('edge'),
      pager: { format: 'pagerduty', url: `${url}/pager`, routing_key: 'sandbox', allow_private: true },
    },
    responses: {
      'freeze-card': { saga: 'freeze-card' },
      'invalidate-sessions': { saga: 'invalidate-sessions' },
      'block-device': { saga: 'block-source', by: 'device', for: '24h' },
      'block-ip': { saga: 'block-source', by: 'ip', for: '1h' },
      alert: { saga: 'alert', severity: 'warning' },
    },
    corrections: { saga: 'reversal' },
    sagas: {
      'freeze-card': { overdue: '30s' },
      alert: { routes: [{ name: 'pager', endpoint: 'pager', severity: 'warning' }] },
    },
  };
}
