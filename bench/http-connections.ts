import { connect, type Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;

type Exchange = {
  readonly text: string;
  readonly resolve: (status: number) => void;
  readonly reject: (error: Error) => void;
};

/**
 * Connections to one HTTP server that stay open, one request at a time on each. Does no more than a load generator
 * needs, at about a quarter of what the client of the runtime costs: on a small machine the load stands in the way of
 * what is measured. Only for servers whose answers state their length.
 */
export class HttpConnections {
  readonly #url: URL;
  readonly #countMax: number;
  readonly #idle = new Set<Connection>();
  readonly #all = new Set<Connection>();
  readonly #waiting: Exchange[] = [];

  constructor(url: string, countMax: number) {
    this.#url = new URL(url);
    this.#countMax = countMax;
  }

  /** Status of the answer, once its body is here. Rejects when the connection breaks. Waits while all are in use. */
  get(path: string): Promise<number> {
    return this.#send(`GET ${path} HTTP/1.1\r\nhost: ${this.#url.host}\r\n\r\n`);
  }

  /** As `get`, with a JSON body. */
  post(path: string, body: string): Promise<number> {
    const head = `POST ${path} HTTP/1.1\r\nhost: ${this.#url.host}\r\ncontent-type: application/json\r\n`;
    return this.#send(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  #send(text: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const exchange = { text, resolve, reject };
      const connection = this.#idleOne() ?? this.#another();
      if (connection === null) this.#waiting.push(exchange);
      else connection.begin(exchange);
    });
  }

  #idleOne(): Connection | undefined {
    const [connection] = this.#idle;
    if (connection !== undefined) this.#idle.delete(connection);
    return connection;
  }

  #another(): Connection | null {
    if (this.#all.size >= this.#countMax) return null;
    const socket = connect(Number(this.#url.port), this.#url.hostname);
    const connection = new Connection(socket, () => {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.add(connection);
      else connection.begin(next);
    });
    this.#all.add(connection);
    // A server lets go of what is idle for long: what is sent there is neither answered nor refused.
    socket.on('close', () => {
      this.#idle.delete(connection);
      this.#all.delete(connection);
    });
    return connection;
  }
}

class Connection {
  readonly #socket: Socket;
  readonly #becameIdle: () => void;
  #exchange: Exchange | null = null;
  /** What has come of the head; empty once it is whole. */
  #head = '';
  #status = 0;
  #bodyBytesLeft = -1;

  constructor(socket: Socket, becameIdle: () => void) {
    this.#socket = socket.setNoDelay(true);
    this.#becameIdle = becameIdle;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#exchange?.reject(error));
    socket.on('close', () => this.#exchange?.reject(new Error('The server closed the connection')));
  }

  begin(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#socket.write(exchange.text);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#bodyBytesLeft >= 0) {
      this.#takeBody(chunk.length);
      return;
    }
    // One byte a character, so that lengths of text are lengths of bytes.
    this.#head += chunk.toString('latin1');
    const end = this.#head.indexOf(HEAD_END);
    if (end === -1) return;
    const head = this.#head.slice(0, end);
    const length = CONTENT_LENGTH.exec(head)?.[1];
    if (length === undefined) {
      this.#exchange?.reject(new Error(`An answer does not state its length: ${head}`));
      this.#socket.destroy();
      return;
    }
    const received = this.#head.length - end - HEAD_END.length;
    this.#head = '';
    this.#status = Number(head.slice(9, 12));
    this.#bodyBytesLeft = Number(length);
    this.#takeBody(received);
  }

  #takeBody(bytes: number): void {
    this.#bodyBytesLeft -= bytes;
    if (this.#bodyBytesLeft > 0) return;
    this.#bodyBytesLeft = -1;
    const exchange = this.#exchange;
    this.#exchange = null;
    exchange?.resolve(this.#status);
    this.#becameIdle();
  }
}
