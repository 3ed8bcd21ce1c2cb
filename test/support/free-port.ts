import { createServer } from 'node:net';
import process from 'node:process';

/**
 * Below the ports that systems give to outgoing connections, which begin at 32768: one of those may take a port of them
 * while a server that is to have it again is down, and a client that calls it then may even reach itself.
 */
const FIRST_PORT = 20_000;
const PORT_COUNT = 12_700;
/** Ports that are tried by a process before those that another one begins at. */
const PORTS_OF_A_PROCESS = 50;

let given = 0;

/** A port for a server that starts on it later, and perhaps again: nobody listens there or is given it as well. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORT_COUNT; tries++) {
    const port = FIRST_PORT + ((process.pid * PORTS_OF_A_PROCESS + given++) % PORT_COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free from ${FIRST_PORT} on`);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
