/** One message to a topic. Messages of one key keep their order. */
export type BusMessage = {
  readonly topic: string;
  readonly key: string;
  /** JSON text, or bytes that are passed on as they came. */
  readonly value: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
};

/** A message bus, as Kafka is one. */
export interface MessageBus {
  /** Resolves when the bus has the message durably; rejects where it does not, and may have it all the same. */
  publish(message: BusMessage): Promise<void>;
  /**
   * Publishes messages in their order. Where it rejects, some may be there, and of one key only the first of them: the
   * same call again brings the rest, in order.
   */
  publishAll(messages: readonly BusMessage[]): Promise<void>;
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

/** Which of the readers of a group gets each partition. */
export type ReaderPlacement = {
  /** Name of this reader, which no other one has. */
  readonly reader: string;
  /** The reader of each partition; the same function for every reader. */
  readonly assign: (readers: readonly string[], partitionCount: number) => readonly string[];
  /** Partitions that a topic gets which is not there yet. */
  readonly partitionCount: number;
};

/** How topics are read. */
export type ConsumeOptions = {
  /** Whoever reads as this group shares the partitions, and goes on where the group was. */
  readonly group: string;
  readonly topics: readonly string[];
  /** Which reader gets what, where that matters; absent for even shares. */
  readonly placement?: ReaderPlacement;
  /**
   * Called in the order of each key, many at a time. When it resolves the message is settled for good, stored or
   * parked, and never comes again but after a crash. Where it rejects, its partition pauses, and the message comes
   * again; so may those after it.
   */
  readonly onMessage: (message: InboundMessage) => Promise<void>;
  /** Called when the reader cannot go on; it is closed then. */
  readonly onEnd: (error: Error) => void;
};

/** How far a reader is. */
export type ReaderStatistics = {
  /** Messages of a topic behind its end, over the partitions that this reader has. */
  readonly lagByTopic: Readonly<Record<string, number>>;
  /** Partitions that this reader has, and those of them that wait after a message that could not be settled. */
  readonly partitions: number;
  readonly pausedPartitions: number;
  /** Messages that are handled at present. */
  readonly underWay: number;
};

/** A reader of topics that runs. */
export interface MessageReader {
  statistics(): ReaderStatistics;
  /** Finishes what is under way, notes how far it is, and lets others take over. */
  close(): Promise<void>;
}

/** Topics to read from, as Kafka has them. */
export interface MessageSource {
  /** Joins the group and starts reading; rejects where it cannot join. */
  consume(options: ConsumeOptions): Promise<MessageReader>;
}
