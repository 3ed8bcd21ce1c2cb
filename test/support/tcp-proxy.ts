import { connect, createServer, type Server, type Socket } from 'node:net';

/** A door to a server that can be shut: what is cut off then hears nothing, as behind a cable that was pulled. */
export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** Listens on a free port, or on the one that is given. */
  static async open(targetPort: number, port = 0): Promise<TcpProxy> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    const address = server.address();
    const proxy = new TcpProxy(server, typeof address === 'object' && address !== null ? address.port : port);
    server.on('connection', (socket) => proxy.#join(socket, targetPort));
    return proxy;
  }

  /** Lets nothing through from now on; connections stay open, and new ones are accepted and hear nothing. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Lets everything through again, what was held too. */
  heal(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(inner: Socket, targetPort: number): void {
    const outer = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    inner.setNoDelay(true);
    this.#link(inner, outer);
    this.#link(outer, inner);
  }

  #link(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => {
      if (!this.#isCut) from.resume();
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#isCut) from.pause();
    else from.resume();
  }
}
