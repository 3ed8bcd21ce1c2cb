import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { TIMESTAMP_TOLERANCE_MS, WebhookVerifier } from 'palisade/webhooks';
import { secretOf, signWebhook } from '../../src/adapters/webhook/standard-webhooks.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
const SECRET = secretOf(randomBytes(32));
const OTHER = secretOf(randomBytes(32));

type Message = { id: string; seconds: string; signature: string; body: string };

function messageOf(index: number, secrets: readonly string[] = [SECRET]): Message {
  const body = JSON.stringify({ type: 'card.freeze', data: { cardId: `card-${index}` } });
  const headers = signWebhook(secrets, `freeze-card:c${index}:1:freeze`, NOW_MS, body);
  return {
    id: headers['webhook-id'],
    seconds: headers['webhook-timestamp'],
    signature: headers['webhook-signature'],
    body,
  };
}

function refusalOf(
  verifier: WebhookVerifier,
  { id, seconds, signature, body }: Message,
  nowMs = NOW_MS,
): string | null {
  const headers = { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signature };
  return verifier.refusalOf(headers, body, nowMs);
}

/** Changes one character to another. */
function flipped(random: SeededRandom, text: string): string {
  const at = random.integer(0, text.length - 1);
  const other = String.fromCharCode(33 + random.integer(0, 90));
  return other === text[at] ? flipped(random, text) : text.slice(0, at) + other + text.slice(at + 1);
}

const TAMPERINGS: readonly ((random: SeededRandom, message: Message) => Message)[] = [
  (random, message) => ({ ...message, body: flipped(random, message.body) }),
  (random, message) => ({ ...message, id: flipped(random, message.id) }),
  (random, message) => ({ ...message, seconds: String(Number(message.seconds) + random.integer(1, 299)) }),
  (random, message) => ({ ...message, seconds: `0${message.seconds}`.slice(0, random.integer(1, 11)) }),
  (random, message) => ({ ...message, signature: `v1,${flipped(random, message.signature.slice(3))}` }),
  (_random, message) => ({ ...message, signature: message.signature.slice(3) }),
  (_random, message) => ({ ...message, signature: message.signature.replace('v1,', 'v2,') }),
  (_random, message) => ({ ...message, signature: '' }),
  (random, message) => ({ ...message, signature: message.signature.slice(0, random.integer(0, 46)) }),
  (_random, message) => ({ ...message, signature: `${message.signature}=` }),
  (_random, message) => ({ ...message, body: `${message.body} ` }),
  (random, message) => ({ ...message, signature: messageOf(random.integer(20_000, 30_000)).signature }),
  (random, message) => ({ ...message, signature: messageOf(random.integer(0, 9), [OTHER]).signature }),
  // What was signed as id, time and body must not be read with the points elsewhere.
  (_random, message) => ({ ...message, id: `${message.id}.${message.seconds}`, body: message.body }),
];

describe('the verifier for receivers', () => {
  test('accepts none of ten thousand messages that were tampered with, replayed or expired', () => {
    const random = new SeededRandom(11);
    const verifier = new WebhookVerifier([SECRET]);
    const genuine = Array.from({ length: 200 }, (_, index) => messageOf(index));
    for (const message of genuine) assert.equal(refusalOf(verifier, message), null);
    let refused = 0;
    for (let round = 0; refused < 10_000; round++) {
      const fresh = messageOf(100_000 + round);
      const tamper = TAMPERINGS[round % TAMPERINGS.length] ?? TAMPERINGS[0];
      if (tamper !== undefined) assert.notEqual(refusalOf(verifier, tamper(random, fresh)), null, `round ${round}`);
      assert.equal(refusalOf(verifier, random.pick(genuine)), 'repeated', 'replayed');
      const away = TIMESTAMP_TOLERANCE_MS + 1 + random.integer(0, 1e9);
      const atMs = random.chance(0.5) ? NOW_MS + away : NOW_MS - away - 1000;
      assert.equal(refusalOf(verifier, fresh, atMs), 'expired');
      refused += 3;
    }
  });

  test('accepts what is signed with either secret while they are changed over', () => {
    const both = messageOf(1, [OTHER, SECRET]);
    assert.equal(both.signature.split(' ').length, 2);
    for (const secret of [SECRET, OTHER]) assert.equal(refusalOf(new WebhookVerifier([secret]), both), null);
    assert.equal(refusalOf(new WebhookVerifier([SECRET, OTHER]), messageOf(2, [OTHER])), null);
  });

  test('remembers an id for as long as its message could come again', () => {
    const verifier = new WebhookVerifier([SECRET]);
    const message = messageOf(1);
    assert.equal(refusalOf(verifier, message, NOW_MS - TIMESTAMP_TOLERANCE_MS + 1000), null);
    for (
      let nowMs = NOW_MS - TIMESTAMP_TOLERANCE_MS + 1000;
      nowMs < NOW_MS + 2 * TIMESTAMP_TOLERANCE_MS;
      nowMs += 10_000
    ) {
      assert.notEqual(refusalOf(verifier, message, nowMs), null);
    }
  });

  test('agrees with the specification by another computation', () => {
    const { id, seconds, body, signature } = messageOf(3);
    const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
    const expected = createHmac('sha256', key).update([id, seconds, body].join('.')).digest('base64');
    assert.equal(signature, `v1,${expected}`);
  });
});
