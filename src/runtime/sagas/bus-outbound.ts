import type { MessageBus } from '../../ports/message-bus.ts';
import type { Outbound, OutboundAnswer, OutboundCommand } from '../../ports/outbound.ts';
import { cloudEventHeaders } from '../publishing/cloud-event.ts';

export type BusEndpoint = { readonly topic: string; readonly confirmation: 'reply' | 'callback' };

/** Delivers effects as messages: one a command, with the entity as its key, so that a topic keeps their order too. */
export class BusOutbound implements Outbound {
  readonly #bus: MessageBus;
  readonly #endpoints: ReadonlyMap<string, BusEndpoint>;

  constructor(bus: MessageBus, endpoints: ReadonlyMap<string, BusEndpoint>) {
    this.#bus = bus;
    this.#endpoints = endpoints;
  }

  async deliver(command: OutboundCommand): Promise<OutboundAnswer> {
    const endpoint = this.#endpoints.get(command.endpoint);
    if (endpoint === undefined) return failed(`there is no topic for ${command.endpoint}`);
    const { effectId, type, orderKey, attempt, sagaKind, sagaId, run, step, requestedAt, body } = command;
    const saga = { kind: sagaKind, id: sagaId, run, step };
    try {
      await this.#bus.publish({
        topic: endpoint.topic,
        key: orderKey,
        value: JSON.stringify({ id: effectId, type, timestamp: requestedAt, data: body, saga }),
        headers: { ...eventHeaders(command), 'effect-id': effectId, attempt: String(attempt) },
      });
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    }
    const outcome = endpoint.confirmation === 'reply' ? 'confirmed' : 'accepted';
    return { outcome, code: 0, detail: '', pauseMs: 0 };
  }
}

/** The id is that of the effect, the same at every attempt: receivers deduplicate by it. */
function eventHeaders({ effectId, type, orderKey, requestedAt, sagaKind }: OutboundCommand): Record<string, string> {
  return cloudEventHeaders({
    id: effectId,
    type: `palisade.command.${type}`,
    source: `/palisade/sagas/${sagaKind}`,
    time: requestedAt,
    subject: orderKey,
  });
}

function failed(detail: string): OutboundAnswer {
  return { outcome: 'failed', code: 0, detail, pauseMs: 0 };
}
