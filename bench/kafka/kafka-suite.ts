import { findBroker, type TestBroker } from '../../test/support/kafka/broker.ts';
import type { Figure } from '../figures.ts';
import type { SuiteOptions } from '../suite.ts';
import { measureOutage } from './outage.ts';
import { measureStreams } from './streams-peer.ts';
import { measureEvents } from './topic-to-decision.ts';

type Part = (options: SuiteOptions, broker: TestBroker) => Promise<Figure[]>;

const PARTS: Readonly<Record<string, Part>> = {
  events: (options, { brokers }) => measureEvents(options, brokers),
  streams: (options, { brokers }) => measureStreams(options, brokers),
  outage: measureOutage,
};

/** Kafka at work: a broker, engines and the load on one machine, each in a process of its own. */
export async function runKafkaSuite(options: SuiteOptions): Promise<Figure[]> {
  const broker = await findBroker('bench');
  if (typeof broker === 'string') {
    options.note(broker);
    return [];
  }
  try {
    const figures: Figure[] = [];
    for (const [name, measure] of Object.entries(PARTS)) {
      if (options.only.length > 0 && !options.only.includes(name)) continue;
      options.note(`${name}:`);
      figures.push(...(await measure(options, broker)));
    }
    return figures;
  } finally {
    await broker.remove();
  }
}
