import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { PalisadeError } from '../../domain/errors.ts';

const REPLY_BYTES_MAX = 16 * 1024;

export type SmtpServer = {
  /** `smtp://host:port` or `smtps://user:password@host:port`. */
  readonly url: URL;
  readonly timeoutMs: number;
};

type Reply = { readonly code: number; readonly text: string };

/** One connection to a mail server, a command at a time. */
class Conversation {
  #socket: Socket;
  #received = '';
  #waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void } | null = null;
  #failure: Error | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen();
  }

  /** Takes over a socket that is now encrypted. */
  use(socket: Socket): void {
    this.#socket.removeAllListeners('data');
    this.#socket = socket;
    this.#received = '';
    this.#listen();
  }

  get socket(): Socket {
    return this.#socket;
  }

  async command(line: string, expected: number): Promise<Reply> {
    this.#socket.write(`${line}\r\n`);
    return this.expect(expected, line.split(' ')[0] ?? '');
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  /** The next reply, whose code has to be in the hundred of the expected one. */
  async expect(expected: number, what: string): Promise<Reply> {
    const reply = await this.#reply();
    if (Math.floor(reply.code / 100) === Math.floor(expected / 100)) return reply;
    throw new SmtpRefusal(reply.code, `${what} was refused: ${reply.text}`);
  }

  #reply(): Promise<Reply> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#look();
    });
  }

  #listen(): void {
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (text: string) => {
      this.#received += text;
      if (this.#received.length > REPLY_BYTES_MAX) this.#fail(new Error('the server says too much'));
      this.#look();
    });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server ended the connection')));
  }

  /** A reply is complete with a line whose code is followed by a blank (RFC 5321, 4.2.1). */
  #look(): void {
    const match = /^(?:\d{3}-[^\n]*\n)*(\d{3})(?: ([^\n]*))?\r?\n/.exec(this.#received);
    if (match === null || this.#waiting === null) return;
    this.#received = this.#received.slice(match[0].length);
    const { resolve } = this.#waiting;
    this.#waiting = null;
    resolve({ code: Number(match[1]), text: match[0].trim() });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(error);
    this.#waiting = null;
  }
}

/** The server's no, with its code. */
export class SmtpRefusal extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Hands one mail to a server (RFC 5321): encrypted where the URL says smtps or the server offers STARTTLS, with AUTH
 * PLAIN where the URL has a user. `address` is what to connect to, resolved beforehand. Rejects with SmtpRefusal or the
 * connection's error. A password is never sent in clear.
 */
export async function sendMail(
  { url, timeoutMs }: SmtpServer,
  address: string,
  from: string,
  to: readonly string[],
  mail: string,
): Promise<void> {
  const isSecure = url.protocol === 'smtps:';
  const port = url.port === '' ? (isSecure ? 465 : 25) : Number(url.port);
  const servername = url.hostname;
  const socket = isSecure ? connectTls({ host: address, port, servername }) : connect({ host: address, port });
  const timer = setTimeout(() => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  const talk = new Conversation(socket);
  try {
    await talk.expect(220, 'the greeting');
    let offered = (await talk.command('EHLO palisade', 250)).text;
    let isEncrypted = isSecure;
    if (!isSecure && /STARTTLS/i.test(offered)) {
      await talk.command('STARTTLS', 220);
      talk.use(connectTls({ socket, servername }));
      isEncrypted = true;
      offered = (await talk.command('EHLO palisade', 250)).text;
    }
    if (url.username !== '') await authenticate(talk, url, isEncrypted);
    await talk.command(`MAIL FROM:<${from}>`, 250);
    for (const recipient of to) await talk.command(`RCPT TO:<${recipient}>`, 250);
    await talk.command('DATA', 354);
    talk.write(`${mail.replace(/^\./gm, '..')}\r\n.\r\n`);
    await talk.expect(250, 'the mail');
    talk.write('QUIT\r\n');
  } finally {
    clearTimeout(timer);
    talk.socket.destroySoon();
  }
}

async function authenticate(talk: Conversation, { username, password }: URL, isEncrypted: boolean): Promise<void> {
  if (!isEncrypted) {
    throw new PalisadeError('CONFIG_INVALID', 'Cannot sign in to the mail server as it offers no encryption.');
  }
  const plain = `\0${decodeURIComponent(username)}\0${decodeURIComponent(password)}`;
  await talk.command(`AUTH PLAIN ${Buffer.from(plain, 'utf8').toString('base64')}`, 235);
}
