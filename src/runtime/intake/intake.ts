import { parseSideEvent, parseTransaction } from '../../codec/mod.ts';
import { isPalisadeError, PalisadeError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Engine } from '../../ports/engine.ts';
import type { InboundMessage, MessageBus } from '../../ports/message-bus.ts';

/** Topics that are read, and what their messages are. */
export const INTAKE_TOPICS = {
  'palisade.transactions': 'transaction',
  'palisade.logins': 'login',
  'palisade.signals': 'signal',
  'palisade.labels': 'label',
} as const;

/** Where messages go that nobody can ever read, with the reason in their headers. */
export const DEAD_LETTER_TOPIC = 'palisade.dead-letters';

/** What an intake works with. */
export type IntakeParts = {
  readonly engine: Pick<Engine, 'authorize' | 'record'>;
  readonly bus: MessageBus;
  readonly clock: Clock;
  /** Time in which a transaction that came over the bus is to be decided, ms. */
  readonly deadlineMs: number;
};

/**
 * Makes the handler of messages from the bus: each goes to the engine as if it had come over HTTP, so one that comes
 * twice counts once. A message that can never be taken goes to the dead letters, and the handler resolves; it rejects
 * where the message is to come again.
 */
export function createIntake({
  engine,
  bus,
  clock,
  deadlineMs,
}: IntakeParts): (message: InboundMessage) => Promise<void> {
  return async (message) => {
    try {
      const text = textOf(message.value);
      if (kindOf(message.topic) === 'transaction') {
        const transaction = parseTransaction(text, clock.nowMs());
        await engine.authorize({ transaction, text, receivedAtMs: clock.monotonicMs(), deadlineMs });
      } else await engine.record(parseSideEvent(text, clock.nowMs()));
    } catch (error) {
      if (!isPoison(error)) throw error;
      await bus.publish({
        topic: DEAD_LETTER_TOPIC,
        key: message.key,
        value: shownText(message.value),
        headers: {
          ...message.headers,
          'palisade-error': error.code,
          'palisade-reason': error.message,
          'palisade-fields': JSON.stringify(error.fields),
          'palisade-source': `${message.topic}/${message.partition}/${message.offset}`,
        },
      });
    }
  };
}

/** Whether the message itself is at fault, so that it fails however often it comes. */
function isPoison(error: unknown): error is PalisadeError {
  return isPalisadeError(error) && error.retry === 'never' && error.status < 500;
}

function kindOf(topic: string): string {
  return new Map<string, string>(Object.entries(INTAKE_TOPICS)).get(topic) ?? '';
}

function textOf(value: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(value);
  } catch (error) {
    const message = 'Cannot read the message as its bytes are not UTF-8. Send JSON text.';
    throw new PalisadeError('REQUEST_MALFORMED', message, { cause: error });
  }
}

/** Text of a message for the dead letters: bytes that are no text are shown as base64. */
function shownText(value: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(value);
  } catch {
    return JSON.stringify({ base64: btoa(String.fromCharCode(...value)) });
  }
}
