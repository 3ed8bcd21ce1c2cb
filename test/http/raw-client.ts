import { connect, type Socket } from 'node:net';

/** A TCP connection on which a test writes bytes as it likes and reads what comes back. */
export class RawClient {
  readonly #socket: Socket;
  readonly #ended: Promise<void>;
  #received = '';
  #onData: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      this.#received += chunk;
      this.#onData();
    });
    socket.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      socket.on('close', () => {
        resolve();
        this.#onData();
      });
    });
  }

  static open(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => resolve(new RawClient(socket)));
      socket.once('error', reject);
    });
  }

  get received(): string {
    return this.#received;
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Resolves when what was received matches, or fails when the connection ends before. */
  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#received)) {
      if (this.#socket.destroyed) throw new Error(`the connection ended after: ${this.#received}`);
      await new Promise<void>((resolve) => {
        this.#onData = resolve;
      });
    }
  }

  /** Everything that was received, when the other side has closed. */
  async untilEnd(): Promise<string> {
    await this.#ended;
    return this.#received;
  }

  /** Writes no more; what is still sent to it may arrive or not. */
  end(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The bytes of a POST. */
export function postText(url: string, body: string, headers: readonly string[] = []): string {
  const length = new TextEncoder().encode(body).length;
  const lines = [`POST ${url} HTTP/1.1`, 'Host: test', 'Content-Type: application/json', `Content-Length: ${length}`];
  return `${[...lines, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

/** Status, headers as text, and body of each answer in a run of them; every answer has a Content-Length. */
export function answersOf(text: string): { status: number; head: string; body: string }[] {
  const answers: { status: number; head: string; body: string }[] = [];
  let rest = text;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    const head = rest.slice(0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    answers.push({ status: Number(head.slice(9, 12)), head, body: rest.slice(end + 4, end + 4 + length) });
    rest = rest.slice(end + 4 + length);
  }
  return answers;
}
