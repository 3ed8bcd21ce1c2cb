import { createServer } from 'node:http';
import { WebhookVerifier } from 'palisade/webhooks';

const BODY_BYTES_MAX = 64 * 1024;
/** Answers to messages that are not accepted: a repeat is answered as the first one was. */
const STATUS_OF = { incomplete: 400, malformed: 400, expired: 400, forged: 401, repeated: 200 };

/**
 * A receiver of Palisade's webhooks: checks each message over the very bytes that came, carries out what is new, and
 * answers. A command that fails is answered with 500 and taken again when it is sent again. `secrets` are one, or two
 * while one replaces the other. In production, keep the ids of what was carried out where the work itself is kept: the
 * verifier remembers them for ten minutes only, and in memory.
 */
export function createReceiver(secrets, carryOut) {
  const verifier = new WebhookVerifier(secrets);
  return createServer(async (request, response) => {
    try {
      const body = await readBody(request);
      const refusal = verifier.refusalOf(request.headers, body, Date.now());
      if (refusal !== null) return answer(response, STATUS_OF[refusal], { refusal });
      const id = request.headers['webhook-id'];
      try {
        await carryOut(id, JSON.parse(body));
      } catch (error) {
        verifier.forget(id);
        throw error;
      }
      answer(response, 200, { carriedOut: id });
    } catch (error) {
      answer(response, 500, { reason: error.message });
    }
  });
}

async function readBody(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) throw new Error('the body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

if (import.meta.main) {
  const secrets = (process.env.WEBHOOK_SECRETS ?? '').split(',');
  const receiver = createReceiver(secrets, async (id, { type, data }) => console.log(id, type, JSON.stringify(data)));
  receiver.listen(Number(process.env.PORT ?? 9091), '127.0.0.1', () => {
    console.log(`Receiving at http://127.0.0.1:${receiver.address().port}/`);
  });
}
