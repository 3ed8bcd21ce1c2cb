import { isPalisadeError, PalisadeError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MessageDecoder, MessageKind } from '../../ports/message-decoder.ts';
import { type AvroReader, avroReader } from './avro-reader.ts';
import type { RegistryClient } from './registry-client.ts';

/** First byte of a message that names its schema; the id follows in four bytes, the most significant first. */
const MAGIC_BYTE = 0;
const HEADER_BYTES = 5;
/** Schemas that are kept, and how long a schema that cannot be used is not asked for again, ms. */
const SCHEMAS_MAX = 2_000;
const REFUSAL_MS = 30_000;

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** Reads JSON text. A message that names a schema is refused: nobody said where the schemas are. */
export function createPlainDecoder(): MessageDecoder {
  return {
    decode: (_kind, value) => {
      if (!isFramed(value)) return textOf(value);
      const message =
        `Cannot read the message as it names schema ${idOf(value)}, and no registry is set. ` +
        'Start with --schema-registry, and send the message again.';
      throw new PalisadeError('SCHEMA_UNREADABLE', message);
    },
  };
}

/**
 * Reads messages in the wire format of Confluent's serializers, with Avro or JSON Schema, and JSON text beside them. A
 * schema is fetched once; one that cannot be used is asked for again after half a minute.
 */
export function createRegistryDecoder(registry: RegistryClient, clock: Pick<Clock, 'monotonicMs'>): MessageDecoder {
  return new RegistryDecoder(registry, clock);
}

type Entry =
  | { readonly state: 'ready'; readonly read: AvroReader }
  | { readonly state: 'refused'; readonly error: PalisadeError; readonly untilMs: number }
  | { readonly state: 'asked'; readonly read: Promise<AvroReader> };

class RegistryDecoder implements MessageDecoder {
  readonly #registry: RegistryClient;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #entries = new Map<string, Entry>();

  constructor(registry: RegistryClient, clock: Pick<Clock, 'monotonicMs'>) {
    this.#registry = registry;
    this.#clock = clock;
  }

  decode(kind: MessageKind, value: Uint8Array): string | Promise<string> {
    if (!isFramed(value)) return textOf(value);
    const id = idOf(value);
    const payload = value.subarray(HEADER_BYTES);
    const key = `${kind}/${id}`;
    const entry = this.#entries.get(key);
    if (entry?.state === 'ready') return entry.read(payload);
    if (entry?.state === 'refused' && entry.untilMs > this.#clock.monotonicMs()) throw entry.error;
    const asked = entry?.state === 'asked' ? entry.read : this.#ask(key, kind, id);
    return asked.then((read) => read(payload));
  }

  #ask(key: string, kind: MessageKind, id: number): Promise<AvroReader> {
    const read = this.#fetch(kind, id).then(
      (ready) => {
        this.#entries.set(key, { state: 'ready', read: ready });
        return ready;
      },
      (error: unknown) => {
        // A registry that does not answer is asked again by the next message.
        if (!isPalisadeError(error, 'SCHEMA_UNREADABLE')) this.#entries.delete(key);
        else this.#entries.set(key, { state: 'refused', error, untilMs: this.#clock.monotonicMs() + REFUSAL_MS });
        throw error;
      },
    );
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= SCHEMAS_MAX && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, { state: 'asked', read });
    return read;
  }

  async #fetch(kind: MessageKind, id: number): Promise<AvroReader> {
    const schema = await this.#registry.schema(id);
    if (schema.type === 'AVRO') return avroReader(kind, id, schema);
    if (schema.type === 'JSON') return textOf;
    const message = `Cannot read the message as its schema ${id} is of another type: ${schema.type}. Use AVRO or JSON.`;
    throw new PalisadeError('SCHEMA_UNREADABLE', message);
  }
}

function isFramed(value: Uint8Array): boolean {
  return value.length >= HEADER_BYTES && value[0] === MAGIC_BYTE;
}

function idOf(value: Uint8Array): number {
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(1);
}

function textOf(value: Uint8Array): string {
  try {
    return UTF_8.decode(value);
  } catch (error) {
    const message = 'Cannot read the message as its bytes are not UTF-8. Send JSON text, or name a schema.';
    throw new PalisadeError('REQUEST_MALFORMED', message, { cause: error });
  }
}
