import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';

// JavaScript, as receivers run it from their node_modules, where Node strips no types; webhook-verifier.d.ts has them.

/** How far the time of a message may be from the receiver's clock, either way, ms. */
export const TIMESTAMP_TOLERANCE_MS = 5 * 60_000;
const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;
/** Signatures of one header that are looked at: a sender has two while it rotates its secret. */
const SIGNATURES_MAX = 8;

/** The bytes of a secret `whsec_<base64>`, or null where it is none. */
export function secretBytes(secret) {
  const base64 = secret.slice(SECRET_PREFIX.length);
  if (!secret.startsWith(SECRET_PREFIX) || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length >= SECRET_BYTES_MIN && bytes.length <= SECRET_BYTES_MAX ? bytes : null;
}

/** HMAC-SHA-256 over id, time and body. */
export function signatureOf(secret, id, seconds, body) {
  return createHmac('sha256', secret).update(`${id}.${seconds}.${body}`, 'utf8').digest();
}

/** Checks messages for a receiver. */
export class WebhookVerifier {
  #secrets;
  /** Ids that were accepted, oldest first, and until when they are remembered. */
  #seen = new Map();

  constructor(secrets) {
    this.#secrets = secrets.map(secretBytes).filter((bytes) => bytes !== null);
  }

  refusalOf(headers, body, nowMs) {
    const refusal = this.forgeryOf(headers, body, nowMs);
    if (refusal !== null) return refusal;
    this.#forget(nowMs);
    const id = headers['webhook-id'];
    if (this.#seen.has(id)) return 'repeated';
    this.#seen.set(id, nowMs + 2 * TIMESTAMP_TOLERANCE_MS);
    return null;
  }

  forgeryOf(headers, body, nowMs) {
    const { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signatures } = headers;
    // Node gives a header that came twice as a list or joined by commas; neither is what was signed.
    if ([id, seconds, signatures].some((value) => typeof value !== 'string' || value === '')) return 'incomplete';
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

  forget(id) {
    this.#seen.delete(id);
  }

  #forget(nowMs) {
    for (const [id, untilMs] of this.#seen) {
      if (untilMs > nowMs) return;
      this.#seen.delete(id);
    }
  }
}
