import { parseSideEvent, parseTransaction } from '../../codec/mod.ts';
import { isPalisadeError, type PalisadeError } from '../../domain/errors.ts';
import type { IntakeCounts } from '../../ports/bus-report.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Engine } from '../../ports/engine.ts';
import type { Logger } from '../../ports/logger.ts';
import type { InboundMessage, MessageBus } from '../../ports/message-bus.ts';
import type { MessageDecoder, MessageKind } from '../../ports/message-decoder.ts';
import { cloudEventHeaders } from '../publishing/cloud-event.ts';
import { inboundTopicsOf, type TopicNames } from '../publishing/topic-names.ts';

/** Bytes of a dead letter beyond which it is cut: brokers take no message of more than 1 MB with its headers. */
const DEAD_LETTER_BYTES_MAX = 900_000;
/** How often it is said that messages are put off, ms. */
const DEFERRAL_NOTE_MS = 10_000;
/** Characters of a header that tells why. */
const REASON_LENGTH_MAX = 4_000;

/** What an intake works with. */
export type IntakeParts = {
  readonly engine: Pick<Engine, 'authorize' | 'record'>;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly decoder: MessageDecoder;
  readonly topics: TopicNames;
  /** Names the engine in dead letters, as a URI reference. */
  readonly source: string;
  /** Time in which a transaction that came over the bus is to be decided, ms. */
  readonly deadlineMs: number;
};

/** Takes messages from a bus into the engine. */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #kinds: ReadonlyMap<string, MessageKind>;
  readonly #taken: Map<string, number>;
  readonly #dead: Map<string, number>;
  readonly #deferred: Map<string, number>;
  #notedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: IntakeParts) {
    const { topics } = parts;
    this.#parts = parts;
    this.#kinds = new Map<string, MessageKind>([
      [topics.transactions, 'transaction'],
      [topics.logins, 'login'],
      [topics.signals, 'signal'],
      [topics.labels, 'label'],
    ]);
    const zeros = (): Map<string, number> => new Map(inboundTopicsOf(topics).map((topic) => [topic, 0]));
    this.#taken = zeros();
    this.#dead = zeros();
    this.#deferred = zeros();
  }

  counts(): IntakeCounts {
    return {
      takenByTopic: Object.fromEntries(this.#taken),
      deadByTopic: Object.fromEntries(this.#dead),
      deferredByTopic: Object.fromEntries(this.#deferred),
    };
  }

  /**
   * Takes one message: it goes to the engine as if it had come over HTTP, so one that comes twice counts once. One that
   * can never be taken goes to the dead letters, and this resolves; it rejects where the message is to come again.
   */
  async take(message: InboundMessage): Promise<void> {
    try {
      await this.#hand(message);
      count(this.#taken, message.topic);
    } catch (error) {
      if (!isPoison(error)) {
        count(this.#deferred, message.topic);
        this.#note(message.topic, error);
        throw error;
      }
      await this.#park(message, error);
      count(this.#dead, message.topic);
    }
  }

  async #hand({ topic, value }: InboundMessage): Promise<void> {
    const { engine, clock, decoder, deadlineMs } = this.#parts;
    const kind = this.#kinds.get(topic) ?? 'transaction';
    const decoded = decoder.decode(kind, value);
    const text = typeof decoded === 'string' ? decoded : await decoded;
    if (kind === 'transaction') {
      const transaction = parseTransaction(text, clock.nowMs());
      await engine.authorize({ transaction, text, receivedAtMs: clock.monotonicMs(), deadlineMs });
    } else await engine.record(parseSideEvent(text, clock.nowMs()));
  }

  #note(topic: string, error: unknown): void {
    const nowMs = this.#parts.clock.monotonicMs();
    if (nowMs - this.#notedAtMs < DEFERRAL_NOTE_MS) return;
    this.#notedAtMs = nowMs;
    const reason = error instanceof Error ? error.message : String(error);
    this.#parts.logger.warn('Messages are put off, and come again', { topic, reason });
  }

  /** The bytes as they came, so that they can be sent once more when the fault is mended. */
  async #park({ topic, partition, offset, key, value, headers }: InboundMessage, error: PalisadeError): Promise<void> {
    const { bus, topics, clock, source } = this.#parts;
    const place = `${topic}/${partition}/${offset}`;
    const isCut = value.length > DEAD_LETTER_BYTES_MAX;
    const time = new Date(clock.nowMs()).toISOString();
    await bus.publish({
      topic: topics.deadLetters,
      key,
      value: isCut ? value.subarray(0, DEAD_LETTER_BYTES_MAX) : value,
      headers: {
        // One that was an event already stays the event that it was.
        ...(headers.ce_id === undefined
          ? { ...cloudEventHeaders({ id: place, type: 'palisade.dead-letter', source, time, subject: place }) }
          : {}),
        'content-type': 'application/octet-stream',
        ...headers,
        'palisade-error': error.code,
        'palisade-reason': error.message.slice(0, REASON_LENGTH_MAX),
        'palisade-fields': JSON.stringify(error.fields).slice(0, REASON_LENGTH_MAX),
        'palisade-source': place,
        ...(isCut ? { 'palisade-cut': String(value.length) } : {}),
      },
    });
  }
}

/** Whether the message itself is at fault, so that it fails however often it comes. */
function isPoison(error: unknown): error is PalisadeError {
  return isPalisadeError(error) && error.retry === 'never' && error.status < 500;
}

function count(counts: Map<string, number>, topic: string): void {
  counts.set(topic, (counts.get(topic) ?? 0) + 1);
}
