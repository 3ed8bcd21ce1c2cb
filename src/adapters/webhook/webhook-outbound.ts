import type { SagaData } from '../../domain/sagas.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Outbound, OutboundAnswer, OutboundCommand } from '../../ports/outbound.ts';
import type { Resolver } from './address-guard.ts';
import { createAgents, type PostAnswer, postBounded } from './bounded-post.ts';
import { signWebhook } from './standard-webhooks.ts';

/** Characters of an answer that are kept with the attempt. */
const DETAIL_LENGTH_MAX = 200;
/** The longest pause that a receiver may ask for, ms: one that asks for more is asked again after it all the same. */
const PAUSE_MS_MAX = 3_600_000;

/** What is put into the body, and what an answer means. */
export type WebhookFormat = 'standard' | 'slack' | 'pagerduty';

export type WebhookEndpoint = {
  readonly url: string;
  readonly format: WebhookFormat;
  /** Secrets to sign with: the new one, and while receivers change over the old one. */
  readonly secrets: readonly string[];
  readonly timeoutMs: number;
  readonly allowPrivate: boolean;
  /** `reply`: an answer of success confirms. `callback`: it accepts, and a confirmation comes later. */
  readonly confirmation: 'reply' | 'callback';
  /** Of PagerDuty: the integration key. */
  readonly routingKey: string;
};

/** Where commands go. */
export type WebhookTargets = {
  readonly endpoints: ReadonlyMap<string, WebhookEndpoint>;
  /** Where confirmations are posted to; '' where the receivers know. */
  readonly callbackUrl: string;
};

export type WebhookOptions = WebhookTargets & {
  readonly clock: Clock;
  readonly version: string;
  readonly resolve?: Resolver;
};

/** Delivers effects as signed webhooks after Standard Webhooks, to Slack's incoming webhooks, and to PagerDuty. */
export class WebhookOutbound implements Outbound {
  readonly #options: WebhookOptions;
  readonly #agents = createAgents();
  #targets: WebhookTargets;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#targets = options;
  }

  /** Sends to other endpoints from the next command on; connections that fit are used further. */
  configure(targets: WebhookTargets): void {
    this.#targets = targets;
  }

  async deliver(command: OutboundCommand): Promise<OutboundAnswer> {
    const { endpoints, callbackUrl } = this.#targets;
    const endpoint = endpoints.get(command.endpoint);
    if (endpoint === undefined) return failed(404, `there is no endpoint ${command.endpoint}`, 0);
    const { clock, version, resolve } = this.#options;
    const body = bodyOf(endpoint, command, callbackUrl);
    const headers = {
      'content-type': 'application/json',
      'user-agent': `palisade/${version}`,
      ...(endpoint.format === 'standard' ? signWebhook(endpoint.secrets, command.effectId, clock.nowMs(), body) : {}),
    };
    const { timeoutMs, allowPrivate } = endpoint;
    try {
      const target = { url: new URL(endpoint.url), timeoutMs, allowPrivate };
      return answerOf(endpoint, await postBounded(target, headers, body, this.#agents, resolve));
    } catch (error) {
      return failed(0, reasonOf(error), 0);
    }
  }

  /** Closes the connections that are kept open. */
  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }
}

function answerOf({ confirmation }: WebhookEndpoint, { status, text, retryAfterMs }: PostAnswer): OutboundAnswer {
  const detail = text.slice(0, DETAIL_LENGTH_MAX);
  if (status === 410) return { outcome: 'gone', code: status, detail, pauseMs: 0 };
  if (status >= 300 && status < 400) return failed(status, 'redirects are not followed', 0);
  if (status < 200 || status >= 300) return failed(status, detail, Math.min(retryAfterMs, PAUSE_MS_MAX));
  const outcome = confirmation === 'reply' ? 'confirmed' : 'accepted';
  return { outcome, code: status, detail, pauseMs: 0 };
}

function failed(code: number, detail: string, pauseMs: number): OutboundAnswer {
  return { outcome: 'failed', code, detail: detail.slice(0, DETAIL_LENGTH_MAX), pauseMs };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code: unknown = Reflect.get(error, 'code');
  return error.message === '' ? String(code) : error.message;
}

function bodyOf(endpoint: WebhookEndpoint, command: OutboundCommand, callbackUrl: string): string {
  switch (endpoint.format) {
    case 'slack':
      return JSON.stringify({ text: textOf(command.body) });
    case 'pagerduty':
      return JSON.stringify(pagerDutyEvent(endpoint.routingKey, command));
    case 'standard':
      return JSON.stringify({
        type: command.type,
        timestamp: command.requestedAt,
        data: command.body,
        saga: { kind: command.sagaKind, id: command.sagaId, run: command.run, step: command.step },
        ...(endpoint.confirmation === 'callback' && callbackUrl !== '' ? { confirmTo: callbackUrl } : {}),
      });
  }
}

/** The alert in one line, with `&`, `<` and `>` escaped as Slack asks. */
function textOf(body: SagaData): string {
  const line = typeof body.text === 'string' ? body.text : JSON.stringify(body);
  return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Severities of PagerDuty's Events API v2. */
const PAGER_SEVERITIES: readonly unknown[] = ['critical', 'error', 'warning', 'info'];

function pagerDutyEvent(routingKey: string, { sagaId, body }: OutboundCommand): SagaData {
  const severity = PAGER_SEVERITIES.includes(body.severity) ? String(body.severity) : 'warning';
  return {
    routing_key: routingKey,
    event_action: body.resolved === true ? 'resolve' : 'trigger',
    dedup_key: sagaId.slice(0, 255),
    payload: {
      summary: (typeof body.text === 'string' ? body.text : 'Palisade alert').slice(0, 1024),
      source: 'palisade',
      severity,
      custom_details: body,
    },
  };
}
