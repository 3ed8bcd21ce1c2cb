import { findBroker } from '../../test/support/kafka/broker.ts';
import type { Figure } from '../figures.ts';
import type { SuiteOptions } from '../suite.ts';
import { measureStreams } from './streams-peer.ts';
import { measureEvents } from './topic-to-decision.ts';

const PARTS = { events: measureEvents, streams: measureStreams } as const;

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
      figures.push(...(await measure(options, broker.brokers)));
    }
    return figures;
  } finally {
    await broker.remove();
  }
}
