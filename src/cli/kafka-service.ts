import { join } from 'node:path';
import { CheckpointFile } from '../adapters/checkpoint/checkpoint-file.ts';
import { createKafkaBus, createKafkaSource, type KafkaOptions } from '../adapters/kafka/mod.ts';
import { createPlainDecoder, createRegistryDecoder, RegistryClient } from '../adapters/schema-registry/mod.ts';
import type { BusReport, BusWatch } from '../ports/bus-report.ts';
import type { CheckpointStore } from '../ports/checkpoint-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Engine } from '../ports/engine.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Logger } from '../ports/logger.ts';
import type { MessageBus, MessageReader, ReaderPlacement } from '../ports/message-bus.ts';
import type { DutyWork } from '../runtime/cluster/duty-keeper.ts';
import type { DutySession } from '../runtime/cluster/duty-session.ts';
import { Intake } from '../runtime/intake/intake.ts';
import { LogPublisher } from '../runtime/publishing/log-publisher.ts';
import { PublishedMessages } from '../runtime/publishing/published-messages.ts';
import {
  inboundTopicsOf,
  publishedTopicsOf,
  type TopicNames,
  topicNamesOf,
} from '../runtime/publishing/topic-names.ts';

/** Time in which a transaction that came over Kafka is decided, ms: nobody stands at a till and waits. */
const DEADLINE_MS = 60_000;
/** Pause before the brokers are asked again where they do not answer, ms. */
const JOIN_PAUSE_MS = 2_000;
/** File in the data folder that tells how far the publisher is. */
const CHECKPOINT_FILE = 'kafka-publisher.json';

/** What `serve --kafka` was told. */
export type KafkaSettings = {
  readonly kafka: KafkaOptions;
  /** Begins the name of every topic, and is the name of the consumer group. */
  readonly prefix: string;
  /** Address of a schema registry; null where messages are JSON. */
  readonly registryUrl: string | null;
  /** Whether decisions, alerts and late events go out. */
  readonly publishes: boolean;
};

/** Kafka at work beside an engine: what comes in, what goes out, and how far both are. */
export class KafkaService implements BusWatch {
  /** For sagas and dead letters. What is published from the log has a connection of its own, and waits for neither. */
  readonly bus: MessageBus;
  readonly #settings: KafkaSettings;
  readonly #topics: TopicNames;
  readonly #source: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #registry: RegistryClient | null;
  #publisher: LogPublisher | null = null;
  #outward: MessageBus | null = null;
  #intake: Intake | null = null;
  #reader: MessageReader | null = null;
  #isStopped = false;

  /** Connects to nothing yet. Throws CONFIG_INVALID where the address of the registry is none. */
  constructor(settings: KafkaSettings, clock: Clock, logger: Logger) {
    this.#settings = settings;
    this.#topics = topicNamesOf(settings.prefix);
    this.#source = `/${settings.prefix}`;
    this.#clock = clock;
    this.#logger = logger;
    this.#registry = settings.registryUrl === null ? null : new RegistryClient({ url: settings.registryUrl });
    this.bus = createKafkaBus(settings.kafka);
  }

  /** Whether decisions, alerts and late events go out from here. */
  get publishes(): boolean {
    return this.#settings.publishes;
  }

  /** Begins to publish what the log has, from where it was; brokers that do not answer are waited for. */
  async publish(log: EventLog, directory: string): Promise<void> {
    await this.#publish(log, new CheckpointFile(join(directory, CHECKPOINT_FILE)));
  }

  /** Publishes for a cluster, for as long as that is this node's duty: from where the node before it was. */
  async publishFor(session: DutySession, log: EventLog, directory: string): Promise<DutyWork> {
    if ((await session.read()) === null) {
      // A node that published alone until now goes on where it was.
      const own = await new CheckpointFile(join(directory, CHECKPOINT_FILE)).read();
      if (own !== null) await session.write(own);
    }
    await this.#publish(log, session, () => session.assured());
    return { close: () => this.#stopPublishing() };
  }

  async #publish(log: EventLog, checkpoints: CheckpointStore, mayPublish?: () => Promise<boolean>): Promise<void> {
    const outward = createKafkaBus(this.#settings.kafka);
    this.#outward = outward;
    this.#publisher = await LogPublisher.start({
      log,
      bus: outward,
      checkpoints,
      messages: new PublishedMessages(this.#topics, this.#source, (recordId) => log.readRecord(recordId)),
      topics: publishedTopicsOf(this.#topics),
      clock: this.#clock,
      logger: this.#logger,
      ...(mayPublish === undefined ? {} : { mayPublish }),
    });
  }

  async #stopPublishing(): Promise<void> {
    const publisher = this.#publisher;
    const outward = this.#outward;
    this.#publisher = null;
    this.#outward = null;
    await publisher?.close();
    await outward?.close();
  }

  /**
   * Brings events to the engine, as soon as the brokers answer and for as long as they do; those of `placement` alone,
   * where the node has others beside it.
   */
  feed(engine: Pick<Engine, 'authorize' | 'record'>, placement: ReaderPlacement | null): void {
    const decoder = this.#registry === null ? createPlainDecoder() : createRegistryDecoder(this.#registry, this.#clock);
    this.#intake = new Intake({
      engine,
      decoder,
      bus: this.bus,
      clock: this.#clock,
      logger: this.#logger,
      topics: this.#topics,
      source: this.#source,
      deadlineMs: DEADLINE_MS,
    });
    void this.#join(this.#intake, placement);
  }

  report(): BusReport {
    return {
      publisher: this.#publisher?.statistics() ?? null,
      intake: this.#intake?.counts() ?? { takenByTopic: {}, deadByTopic: {}, deferredByTopic: {} },
      reader: this.#reader?.statistics() ?? null,
    };
  }

  /** Ends what comes in, after what is under way. */
  async stopFeeding(): Promise<void> {
    this.#isStopped = true;
    await this.#reader?.close();
  }

  /** Ends what goes out. What the log has beyond that goes out after the next start. */
  async close(): Promise<void> {
    await this.stopFeeding();
    await Promise.all([this.#stopPublishing(), this.bus.close()]);
  }

  /** Joins the group, again whenever the reader ended. */
  async #join(intake: Intake, placement: ReaderPlacement | null): Promise<void> {
    const { kafka, prefix } = this.#settings;
    let failure = '';
    while (!this.#isStopped) {
      const { promise: ended, resolve: onEnd } = Promise.withResolvers<Error>();
      try {
        const topics = inboundTopicsOf(this.#topics);
        const onMessage = intake.take.bind(intake);
        const reader = await createKafkaSource(kafka).consume({
          ...{ group: prefix, topics, onMessage, onEnd },
          ...(placement === null ? {} : { placement }),
        });
        if (this.#isStopped) return await reader.close();
        this.#reader = reader;
        this.#logger.info('Events are read from Kafka', { brokers: kafka.brokers.join(','), group: prefix });
        failure = '';
        throw await ended;
      } catch (error) {
        this.#reader = null;
        const message = error instanceof Error ? error.message : String(error);
        // Said once, not at every attempt.
        if (message !== failure)
          this.#logger.warn('No events are read from Kafka; calls over HTTP go on', { reason: message });
        failure = message;
        await new Promise<void>((resolve) => this.#clock.schedule(JOIN_PAUSE_MS, resolve));
      }
    }
  }
}
