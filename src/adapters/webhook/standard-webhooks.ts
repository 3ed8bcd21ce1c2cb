import { Buffer } from 'node:buffer';
import { secretBytes, signatureOf } from './webhook-verifier.js';

/** The three headers of a message. */
export type WebhookHeaders = {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
};

/** A secret from random bytes, in the form that `secretBytes` reads. */
export function secretOf(bytes: Uint8Array): string {
  return `whsec_${Buffer.from(bytes).toString('base64')}`;
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
