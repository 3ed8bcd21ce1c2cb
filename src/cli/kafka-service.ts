import { createKafkaBus, createKafkaSource, type KafkaOptions } from '../adapters/kafka/mod.ts';
import { createSystemClock } from '../adapters/system/system-clock.ts';
import type { Engine } from '../ports/engine.ts';
import type { Logger } from '../ports/logger.ts';
import type { MessageBus, MessageReader } from '../ports/message-bus.ts';
import { createIntake, INTAKE_TOPICS } from '../runtime/intake/intake.ts';

/** Engines of one group share the partitions of the topics. */
export const INTAKE_GROUP = 'palisade';
/** Time in which a transaction that came over Kafka is decided, ms: nobody stands at a till and waits. */
const DEADLINE_MS = 60_000;

/** Pause before the brokers are asked again where they do not answer, ms. */
const JOIN_PAUSE_MS = 5_000;

/** A connection to Kafka, for what goes out and for what comes in. */
export type KafkaService = {
  readonly bus: MessageBus;
  /** Brings events to the engine, as soon as the brokers answer and for as long as they do. */
  feed(engine: Engine): void;
  /** Ends what comes in, after what is under way. */
  stopFeeding(): Promise<void>;
  close(): Promise<void>;
};

/** Makes a connection, which waits for brokers that do not answer: decisions over HTTP never do. */
export function createKafkaService(options: KafkaOptions, logger: Logger): KafkaService {
  const bus = createKafkaBus(options);
  const clock = createSystemClock();
  let reader: MessageReader | null = null;
  let isStopped = false;
  const join = async (engine: Engine): Promise<void> => {
    const onMessage = createIntake({ engine, bus, clock, deadlineMs: DEADLINE_MS });
    const topics = Object.keys(INTAKE_TOPICS);
    while (reader === null && !isStopped) {
      try {
        reader = await createKafkaSource(options).consume({ group: INTAKE_GROUP, topics, onMessage });
        if (isStopped) await reader.close();
      } catch (error) {
        logger.warn('Kafka does not answer', { error: String(error) });
        await new Promise<void>((resolve) => clock.schedule(JOIN_PAUSE_MS, resolve));
      }
    }
  };
  return {
    bus,
    feed: (engine) => void join(engine),
    stopFeeding: async () => {
      isStopped = true;
      await reader?.close();
    },
    close: () => bus.close(),
  };
}
