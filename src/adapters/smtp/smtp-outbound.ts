import { lookup } from 'node:dns/promises';
import type { SagaData } from '../../domain/sagas.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Outbound, OutboundAnswer, OutboundCommand } from '../../ports/outbound.ts';
import { mailText } from './mail-text.ts';
import { SmtpRefusal, sendMail } from './smtp-conversation.ts';

const DETAIL_LENGTH_MAX = 200;

export type MailEndpoint = {
  readonly smtp: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly timeoutMs: number;
};

/** Delivers alerts by mail. The server is the operator's own, named in the settings, on any address. */
export class SmtpOutbound implements Outbound {
  readonly #endpoints: ReadonlyMap<string, MailEndpoint>;
  readonly #clock: Clock;

  constructor(endpoints: ReadonlyMap<string, MailEndpoint>, clock: Clock) {
    this.#endpoints = endpoints;
    this.#clock = clock;
  }

  async deliver({ endpoint: name, effectId, body }: OutboundCommand): Promise<OutboundAnswer> {
    const endpoint = this.#endpoints.get(name);
    if (endpoint === undefined) return failed(404, `there is no endpoint ${name}`);
    const { smtp, from, to, timeoutMs } = endpoint;
    const url = new URL(smtp);
    const subject = typeof body.text === 'string' ? body.text : 'Palisade alert';
    const text = linesOf(body);
    try {
      const { address } = await lookup(url.hostname.replace(/^\[|\]$/g, ''));
      const mail = mailText({ from, to, subject, text, messageId: effectId, atMs: this.#clock.nowMs() });
      await sendMail({ url, timeoutMs }, address, from, to, mail);
      return { outcome: 'confirmed', code: 250, detail: '', pauseMs: 0 };
    } catch (error) {
      const code = error instanceof SmtpRefusal ? error.code : 0;
      return failed(code, error instanceof Error ? error.message : String(error));
    }
  }
}

function linesOf(body: SagaData): string {
  return `${Object.entries(body)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('\n')}\n`;
}

function failed(code: number, detail: string): OutboundAnswer {
  return { outcome: 'failed', code, detail: detail.slice(0, DETAIL_LENGTH_MAX), pauseMs: 0 };
}
