import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far the time of a message may be from the receiver's clock, either way, ms: five minutes, as is usual. */
export const TIMESTAMP_TOLERANCE_MS = 5 * 60_000;
const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;
/** Signatures of one header that are looked at: a sender has two while it rotates its secret. */
const SIGNATURES_MAX = 8;

/** The three headers of a message. */
export type WebhookHeaders = {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
};

/** Why a message is not accepted. */
export type WebhookRefusal = 'incomplete' | 'malformed' | 'expired' | 'forged' | 'repeated';

/** The bytes of a secret `whsec_<base64>`, or null where it is none of 24 to 64 bytes. */
export function secretBytes(secret: string): Buffer | null {
  const base64 = secret.slice(SECRET_PREFIX.length);
  if (!secret.startsWith(SECRET_PREFIX) || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length >= SECRET_BYTES_MIN && bytes.length <= SECRET_BYTES_MAX ? bytes : null;
}

/** A secret from random bytes, in the form that `secretBytes` reads. */
export function secretOf(bytes: Uint8Array): string {
  return SECRET_PREFIX + Buffer.from(bytes).toString('base64');
}

function signatureOf(secret: Buffer, id: string, seconds: string, body: string): Buffer {
  return createHmac('sha256', secret).update(`${id}.${seconds}.${body}`, 'utf8').digest();
}

/**
 * The headers of a message, after the Standard Webhooks specification 1.0.0: HMAC-SHA-256 over id, time and body, one
 * signature for each secret, so that receivers can change from one to the other in their own time. `secrets` are of the
 * form that `secretBytes` reads; others sign nothing.
 */
export function signWebhook(secrets: readonly string[], id: string, atMs: number, body: string): WebhookHeaders {
  const seconds = String(Math.floor(atMs / 1000));
  const signatures = secrets.flatMap((secret) => {
    const bytes = secretBytes(secret);
    return bytes === null ? [] : [`v1,${signatureOf(bytes, id, seconds, body).toString('base64')}`];
  });
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signatures.join(' ') };
}

/**
 * Checks messages for a receiver: complete, within the time, signed with one of its secrets over the very bytes that
 * came, and new. Ids are kept for twice the tolerance, so that no message that is still within the time is taken twice.
 */
export class WebhookVerifier {
  readonly #secrets: readonly Buffer[];
  /** Ids that were accepted, oldest first, and until when they are remembered. */
  readonly #seen = new Map<string, number>();

  /** `secrets`: the one in use, and while it is being replaced the other. Those that are malformed verify nothing. */
  constructor(secrets: readonly string[]) {
    this.#secrets = secrets.map(secretBytes).filter((bytes) => bytes !== null);
  }

  /**
   * Null where the message is to be accepted, else why not. `repeated` is a message that was accepted before: answer it
   * as it was answered then, and do nothing. Time is in ms; comparison takes the same time wherever it differs.
   */
  refusalOf(headers: Partial<WebhookHeaders>, body: string, nowMs: number): WebhookRefusal | null {
    const refusal = this.forgeryOf(headers, body, nowMs);
    if (refusal !== null) return refusal;
    this.#forget(nowMs);
    const id = headers['webhook-id'] ?? '';
    if (this.#seen.has(id)) return 'repeated';
    this.#seen.set(id, nowMs + 2 * TIMESTAMP_TOLERANCE_MS);
    return null;
  }

  /** As `refusalOf`, without remembering the message: for a receiver that tells repeats by itself. */
  forgeryOf(headers: Partial<WebhookHeaders>, body: string, nowMs: number): WebhookRefusal | null {
    const id = headers['webhook-id'] ?? '';
    const seconds = headers['webhook-timestamp'] ?? '';
    const signatures = headers['webhook-signature'] ?? '';
    if (id === '' || seconds === '' || signatures === '') return 'incomplete';
    // No sign, no fraction, no blank: one text for one time, as it was signed.
    if (!/^(?:0|[1-9]\d{0,11})$/.test(seconds)) return 'malformed';
    if (Math.abs(nowMs - Number(seconds) * 1000) > TIMESTAMP_TOLERANCE_MS) return 'expired';
    const expected = this.#secrets.map((secret) => signatureOf(secret, id, seconds, body));
    let isGenuine = false;
    for (const given of signatures.split(' ').slice(0, SIGNATURES_MAX)) {
      const bytes = given.startsWith('v1,') ? Buffer.from(given.slice(3), 'base64') : null;
      if (bytes?.length !== 32 || bytes.toString('base64') !== given.slice(3)) continue;
      for (const each of expected) if (timingSafeEqual(each, bytes)) isGenuine = true;
    }
    return isGenuine ? null : 'forged';
  }

  #forget(nowMs: number): void {
    for (const [id, untilMs] of this.#seen) {
      if (untilMs > nowMs) return;
      this.#seen.delete(id);
    }
  }
}
