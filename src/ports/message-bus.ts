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

/** A message as it came from a topic. */
export type InboundMessage = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** '' where it has none. */
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
};

/** How topics are read. */
export type ConsumeOptions = {
  /** Whoever reads as this group shares the partitions, and goes on where the group was. */
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Called in the order of each partition, many at a time. When it resolves the message is settled for good, stored or
   * parked, and never comes again but after a crash; while it rejects, it comes again.
   */
  readonly onMessage: (message: InboundMessage) => Promise<void>;
};

/** A reader of topics that runs. */
export interface MessageReader {
  /** Finishes what is under way, notes how far it is, and lets others take over. */
  close(): Promise<void>;
}

/** Topics to read from, as Kafka has them. */
export interface MessageSource {
  /** Joins the group and starts reading; rejects where it cannot join. */
  consume(options: ConsumeOptions): Promise<MessageReader>;
}
