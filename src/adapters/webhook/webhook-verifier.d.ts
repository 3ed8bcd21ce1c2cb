import type { Buffer } from 'node:buffer';

/** How far the time of a message may be from the receiver's clock, either way, ms: five minutes, as is usual. */
export const TIMESTAMP_TOLERANCE_MS: number;

/** The three headers of a message, as `request.headers` of Node has them. */
export type ReceivedHeaders = {
  readonly 'webhook-id'?: string | string[] | undefined;
  readonly 'webhook-timestamp'?: string | string[] | undefined;
  readonly 'webhook-signature'?: string | string[] | undefined;
};

/** Why a message is not accepted. */
export type WebhookRefusal = 'incomplete' | 'malformed' | 'expired' | 'forged' | 'repeated';

/** The bytes of a secret `whsec_<base64>`, or null where it is none of 24 to 64 bytes. */
export function secretBytes(secret: string): Buffer | null;

/** HMAC-SHA-256 over id, time and body, as the Standard Webhooks specification 1.0.0 has it. */
export function signatureOf(secret: Buffer, id: string, seconds: string, body: string): Buffer;

/**
 * Checks messages for a receiver: complete, within the time, signed with one of its secrets over the very bytes that
 * came, and new. Ids are kept for twice the tolerance, so that no message that is still within the time is taken twice;
 * one that comes later has a new time and signature, and is told by the receiver's own record of ids.
 */
export class WebhookVerifier {
  /** `secrets`: the one in use, and while it is being replaced the other. Those that are malformed verify nothing. */
  constructor(secrets: readonly string[]);

  /**
   * Null where the message is to be accepted, else why not. `repeated` is a message that was accepted before: answer it
   * as it was answered then, and do nothing. Time is in ms; comparison takes the same time wherever it differs.
   */
  refusalOf(headers: ReceivedHeaders, body: string, nowMs: number): WebhookRefusal | null;

  /** As `refusalOf`, without remembering the message: for a receiver that tells repeats by itself. */
  forgeryOf(headers: ReceivedHeaders, body: string, nowMs: number): WebhookRefusal | null;

  /** Forgets an id that was accepted and could not be carried out, so that its next attempt is accepted. */
  forget(id: string): void;
}
