/** One message to a topic. Messages of one key keep their order. */
export type BusMessage = {
  readonly topic: string;
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** A message bus, as Kafka is one. */
export interface MessageBus {
  /** Resolves when the bus has the message durably; rejects where it does not, and may have it all the same. */
  publish(message: BusMessage): Promise<void>;
  close(): Promise<void>;
}
