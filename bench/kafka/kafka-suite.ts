import { findBroker } from '../../test/support/kafka/broker.ts';
import type { Figure } from '../figures.ts';
import { measureParts, type Suite, type SuiteOptions } from '../suite.ts';
import { measureOutage } from './outage.ts';
import { measureStreams } from './streams-peer.ts';
import { measureEvents } from './topic-to-decision.ts';

/** Kafka at work: a broker, engines and the load on one machine, each in a process of its own. */
export async function runKafkaSuite(options: SuiteOptions): Promise<Figure[]> {
  const broker = await findBroker('bench');
  if (typeof broker === 'string') {
    options.note(broker);
    return [];
  }
  try {
    const parts: Readonly<Record<string, Suite>> = {
      events: (each) => measureEvents(each, broker.brokers),
      streams: (each) => measureStreams(each, broker.brokers),
      outage: (each) => measureOutage(each, broker),
    };
    return await measureParts('kafka', parts, options);
  } finally {
    await broker.remove();
  }
}
