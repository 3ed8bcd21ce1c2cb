import { lookup } from 'node:dns/promises';
import type { FastifyInstance } from 'fastify';
import { PalisadeError } from '../domain/errors.ts';

/**
 * Begins to accept connections; port 0 takes a free one. Gives the URL. Fails with PORT_TAKEN where another process
 * has the address, and with CONFIG_INVALID where it is not one that this machine or this user may listen on.
 */
export async function listenOn(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    // For `localhost` Fastify would start a second server beside this one, without its limits and its shutdown.
    const address = host === 'localhost' ? (await lookup(host)).address : host;
    return await app.listen({ host: address, port });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const place = `${host}:${port}`;
    if (code === 'EADDRINUSE') {
      throw new PalisadeError(
        'PORT_TAKEN',
        `Cannot listen as the address is in use: ${place}. Stop the other process or choose another port.`,
        { cause },
      );
    }
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'ERR_SOCKET_BAD_PORT') {
      throw new PalisadeError(
        'CONFIG_INVALID',
        `Cannot listen as the address cannot be used (${code}): ${place}. Choose an address of this machine.`,
        { cause },
      );
    }
    throw cause;
  }
}
