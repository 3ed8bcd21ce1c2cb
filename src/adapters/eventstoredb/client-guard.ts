import { EventEmitter } from 'node:events';
import type { EventStoreDBClient } from '@eventstore/db-client';

/**
 * Keeps an answer that belongs to no append from ending the process. Version 6.2.1 of the client throws in its `data`
 * handler on an answer that comes twice, or after the stream of another client broke: it keeps the appends of all
 * clients in one table. The append that such an answer was for has its own timeout.
 */
export function guardAnswers(client: EventStoreDBClient): void {
  const streams: unknown = Reflect.get(client, 'disposableStreams');
  if (!(streams instanceof Set)) return;
  const add = streams.add.bind(streams);
  streams.add = (stream: unknown) => {
    if (stream instanceof EventEmitter) guardStream(stream);
    return add(stream);
  };
}

function guardStream(stream: EventEmitter): void {
  const emit = stream.emit.bind(stream);
  stream.emit = (name: string | symbol, ...values: unknown[]) => {
    if (name !== 'data') return emit(name, ...values);
    try {
      return emit(name, ...values);
    } catch (error) {
      if (error instanceof TypeError) return true;
      throw error;
    }
  };
}

/** Ends the client's streams and its connection, which `dispose` leaves open. Never rejects. */
export async function closeClient(client: EventStoreDBClient): Promise<void> {
  try {
    await client.dispose();
    const getChannel: unknown = Reflect.get(client, 'getChannel');
    const channel: unknown = typeof getChannel === 'function' ? await getChannel.call(client) : null;
    const close: unknown = typeof channel === 'object' && channel !== null ? Reflect.get(channel, 'close') : null;
    if (typeof close === 'function') close.call(channel);
  } catch {
    // A client whose server went away has nothing left to close.
  }
}
