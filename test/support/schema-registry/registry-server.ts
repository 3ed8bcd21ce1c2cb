import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json';

export type Reference = { readonly name: string; readonly subject: string; readonly version: number };

type Version = {
  readonly id: number;
  readonly schema: string;
  readonly schemaType: string;
  readonly references: readonly Reference[];
};

/** What the next requests meet, one after the other, instead of their answer. */
export type RegistryFault = 'hang' | 'cut' | 500 | 401 | 429;

/** A schema registry that speaks the part of Confluent's REST API that readers and writers of messages use. */
export class RegistryServer {
  /** `GET /schemas/ids/1` and the like, as they came. */
  readonly requests: string[] = [];
  readonly faults: RegistryFault[] = [];
  readonly #subjects = new Map<string, Version[]>();
  readonly #ids = new Map<string, number>();
  readonly #server: Server;
  readonly #login: string | null;

  private constructor(login: string | null) {
    this.#login = login;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** Listens on a free port; with a login, `user:password`, it lets in nobody else. */
  static async start(login: string | null = null): Promise<RegistryServer> {
    const registry = new RegistryServer(login);
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get url(): string {
    const address = this.#server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return `http://127.0.0.1:${port}`;
  }

  /** Registers a schema as a producer does, and gives its id: the same schema has the same id everywhere. */
  register(subject: string, schema: unknown, schemaType = 'AVRO', references: readonly Reference[] = []): number {
    const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
    const key = JSON.stringify([schemaType, text, references]);
    const id = this.#ids.get(key) ?? this.#ids.size + 1;
    this.#ids.set(key, id);
    const versions = this.#subjects.get(subject) ?? [];
    this.#subjects.set(subject, versions);
    if (!versions.some((version) => version.id === id)) versions.push({ id, schema: text, schemaType, references });
    return id;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method} ${request.url}`);
    const fault = this.faults.shift();
    if (fault === 'hang') return;
    if (fault === 'cut') {
      request.socket.destroy();
      return;
    }
    if (fault !== undefined) return send(response, fault, { error_code: fault, message: 'a fault of the test' });
    const wanted = `Basic ${Buffer.from(this.#login ?? '').toString('base64')}`;
    if (this.#login !== null && request.headers.authorization !== wanted) {
      return send(response, 401, { error_code: 401, message: 'Unauthorized' });
    }
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    const { status, answer } = this.#route(request.method ?? '', request.url ?? '', body);
    send(response, status, answer);
  }

  #route(method: string, path: string, body: string): { readonly status: number; readonly answer: unknown } {
    const byId = /^\/schemas\/ids\/(\d+)$/.exec(path);
    if (method === 'GET' && byId !== null) return this.#byId(Number(byId[1]));
    const byVersion = /^\/subjects\/([^/]+)\/versions(?:\/(\d+|latest))?$/.exec(path);
    const subject = decodeURIComponent(byVersion?.[1] ?? '');
    if (method === 'POST' && byVersion !== null) {
      const { schema, schemaType, references } = JSON.parse(body);
      return { status: 200, answer: { id: this.register(subject, schema, schemaType, references) } };
    }
    if (method === 'GET' && byVersion !== null) return this.#byVersion(subject, byVersion[2] ?? 'latest');
    return { status: 404, answer: { error_code: 404, message: 'HTTP 404 Not Found' } };
  }

  #byId(id: number): { readonly status: number; readonly answer: unknown } {
    const found = [...this.#subjects.values()].flat().find((version) => version.id === id);
    if (found === undefined) {
      return { status: 404, answer: { error_code: 40403, message: `Schema ${id} not found` } };
    }
    return { status: 200, answer: shown(found) };
  }

  #byVersion(subject: string, version: string): { readonly status: number; readonly answer: unknown } {
    const versions = this.#subjects.get(subject) ?? [];
    const number = version === 'latest' ? versions.length : Number(version);
    const found = versions[number - 1];
    if (found === undefined) {
      return { status: 404, answer: { error_code: 40402, message: `Version ${version} not found.` } };
    }
    return { status: 200, answer: { subject, version: number, id: found.id, ...shown(found) } };
  }
}

/** As the registry tells it: what is Avro has no type, and what refers to nothing no references. */
function shown({ schema, schemaType, references }: Version): Record<string, unknown> {
  return {
    schema,
    ...(schemaType === 'AVRO' ? {} : { schemaType }),
    ...(references.length === 0 ? {} : { references }),
  };
}

function send(response: ServerResponse, status: number, answer: unknown): void {
  response.writeHead(status, { 'content-type': MEDIA_TYPE });
  response.end(JSON.stringify(answer));
}
