import { setTimeout as sleep } from 'node:timers/promises';
import { PalisadeError } from '../../domain/errors.ts';

/** A schema as a registry has it. `type` is AVRO, JSON or PROTOBUF. */
export type RegisteredSchema = {
  readonly type: string;
  readonly text: string;
  /** Schemas that it names, those that they name first. */
  readonly references: readonly string[];
};

/** How a registry is reached. */
export type RegistryOptions = {
  /** Address, with `user:password@` where it asks for them. */
  readonly url: string;
  readonly timeoutMs?: number;
  /** Attempts of one call before it is given up, and the pause before the second; doubled from there. */
  readonly attemptsMax?: number;
  readonly pauseMs?: number;
};

const TIMEOUT_MS = 3_000;
const ATTEMPTS_MAX = 3;
const PAUSE_MS = 200;
/** References that lead from one schema to the next. */
const REFERENCE_DEPTH_MAX = 16;
const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json';

type Answer = { readonly schema: string; readonly type: string; readonly references: readonly Reference[] };
type Reference = { readonly subject: string; readonly version: number };

/** Reads schemas over the REST API that Confluent's registry has, and Apicurio, Karapace and Redpanda too. */
export class RegistryClient {
  readonly #base: string;
  readonly #shown: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #attemptsMax: number;
  readonly #pauseMs: number;

  /** Throws CONFIG_INVALID where the address is none. */
  constructor(options: RegistryOptions) {
    const url = URL.parse(options.url);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      const message = `Cannot use the schema registry as its address is no http URL: ${options.url}. Give one.`;
      throw new PalisadeError('CONFIG_INVALID', message);
    }
    const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    const basic = url.username === '' ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
    this.#shown = `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}`;
    this.#base = this.#shown;
    this.#headers = { accept: `${MEDIA_TYPE}, application/json`, ...basic };
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#attemptsMax = options.attemptsMax ?? ATTEMPTS_MAX;
    this.#pauseMs = options.pauseMs ?? PAUSE_MS;
  }

  /**
   * The schema with an id, with all that it refers to. Rejects with SCHEMA_UNREADABLE where the registry has none, and
   * with REGISTRY_UNAVAILABLE where it does not say.
   */
  async schema(id: number): Promise<RegisteredSchema> {
    const { schema, type, references } = await this.#ask(`/schemas/ids/${id}`, `schema ${id}`);
    return { type, text: schema, references: await this.#referred(references, REFERENCE_DEPTH_MAX) };
  }

  async #referred(references: readonly Reference[], depth: number): Promise<readonly string[]> {
    const texts: string[] = [];
    if (references.length > 0 && depth === 0) throw unreadable('it refers to too many others', this.#shown);
    for (const { subject, version } of references) {
      const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
      const answer = await this.#ask(path, `${subject} version ${version}`);
      texts.push(...(await this.#referred(answer.references, depth - 1)), answer.schema);
    }
    return [...new Set(texts)];
  }

  async #ask(path: string, what: string): Promise<Answer> {
    let reason = '';
    for (let attempt = 0; attempt < this.#attemptsMax; attempt++) {
      if (attempt > 0) await sleep(this.#pauseMs * 2 ** (attempt - 1));
      try {
        const signal = AbortSignal.timeout(this.#timeoutMs);
        const response = await fetch(this.#base + path, { headers: this.#headers, redirect: 'error', signal });
        const text = await response.text();
        if (response.ok) return answerOf(text, what);
        if (response.status === 404) throw unreadable(`the registry has no ${what}`, this.#shown);
        reason = `it answers ${response.status}`;
        if (response.status < 500 && response.status !== 429) break;
      } catch (error) {
        if (error instanceof PalisadeError) throw error;
        reason = shownReason(error);
      }
    }
    const message =
      `Cannot read ${what} as the schema registry fails: ${reason} (${this.#shown}). ` +
      'Start it, or correct its address.';
    throw new PalisadeError('REGISTRY_UNAVAILABLE', message);
  }
}

function shownReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}

function answerOf(text: string, what: string): Answer {
  const body = parsed(text);
  const schema = memberOf(body, 'schema');
  if (typeof schema !== 'string') throw unreadable(`the registry's answer for ${what} holds none`, text.slice(0, 80));
  const type = memberOf(body, 'schemaType');
  const references = memberOf(body, 'references');
  return {
    schema,
    type: typeof type === 'string' ? type : 'AVRO',
    references: Array.isArray(references) ? references.flatMap(referenceOf) : [],
  };
}

function referenceOf(value: unknown): Reference[] {
  const subject = memberOf(value, 'subject');
  const version = memberOf(value, 'version');
  return typeof subject === 'string' && typeof version === 'number' ? [{ subject, version }] : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function unreadable(reason: string, current: string): PalisadeError {
  const message = `Cannot use the schema of a message as ${reason}: ${current}. Register it, and send it again.`;
  return new PalisadeError('SCHEMA_UNREADABLE', message);
}
