import { ENTITY_KINDS } from '../../domain/entities.ts';
import { isPalisadeError } from '../../domain/errors.ts';
import { SIGNAL_TYPES, STATUS_COMMANDS } from '../../domain/events.ts';
import { LIST_KINDS, type ListEntry } from '../../domain/lists.ts';
import type { SagaData, SagaValue } from '../../domain/sagas.ts';
import type { Engine } from '../../ports/engine.ts';
import type { Outbound, OutboundAnswer, OutboundCommand } from '../../ports/outbound.ts';

const CONFIRMED: OutboundAnswer = { outcome: 'confirmed', code: 0, detail: '', pauseMs: 0 };

/** Mark of the entries that sagas made, before the id of the saga: an entry without it is an analyst's. */
const NOTE_PREFIX = 'saga ';

/**
 * Carries out the effects on the engine itself: the status of an entity, a signal that feeds its windows, an entry of a
 * block list. Idempotent by the id of the effect.
 */
export class EngineEffects implements Outbound {
  readonly #engine: Pick<Engine, 'record' | 'lists' | 'setListEntry' | 'removeListEntry'>;

  constructor(engine: Pick<Engine, 'record' | 'lists' | 'setListEntry' | 'removeListEntry'>) {
    this.#engine = engine;
  }

  async deliver(command: OutboundCommand): Promise<OutboundAnswer> {
    try {
      switch (command.type) {
        case 'entity.status':
          return await this.#setStatus(command);
        case 'entity.signal':
          return await this.#signal(command);
        case 'list.block':
          return await this.#block(command);
        case 'list.unblock':
          return await this.#unblock(command);
        default:
          return failed(`the engine knows no command ${command.type}`);
      }
    } catch (error) {
      // The id with another body: what is there now was put there by this effect before the upgrade of its form.
      if (isPalisadeError(error, 'TRANSACTION_CONFLICT')) return CONFIRMED;
      return failed(error instanceof Error ? error.message : String(error));
    }
  }

  async #setStatus({ effectId, body }: OutboundCommand): Promise<OutboundAnswer> {
    const entity = ENTITY_KINDS.find((kind) => kind === body.entity);
    const status = STATUS_COMMANDS.find((name) => name === body.status);
    const entityId = text(body, 'entityId');
    if (entity === undefined || status === undefined || entityId === '') return failed('the effect names no entity');
    const occurredAt = text(body, 'occurredAt');
    await this.#engine.record({ type: 'reference', eventId: effectId, occurredAt, entity, entityId, status });
    return CONFIRMED;
  }

  async #signal({ effectId, body }: OutboundCommand): Promise<OutboundAnswer> {
    const signal = SIGNAL_TYPES.find((name) => name === body.signal);
    const deviceId = text(body, 'deviceId');
    const accountId = text(body, 'accountId');
    if (signal === undefined || (deviceId === '' && accountId === '')) return failed('the effect is about nobody');
    const subjects = present({ deviceId, accountId, ip: text(body, 'ip') });
    const occurredAt = text(body, 'occurredAt');
    await this.#engine.record({ type: 'signal', eventId: effectId, occurredAt, signal, ...subjects });
    return CONFIRMED;
  }

  /** An entry that stays longer, or that an analyst made, is left as it is. */
  async #block({ sagaKind, sagaId, body }: OutboundCommand): Promise<OutboundAnswer> {
    const entry = entryOf(body, `${NOTE_PREFIX}${sagaKind} ${sagaId}`);
    if (entry === null) return failed('the effect names nothing that can be listed');
    const known = this.#find(entry);
    const staysLonger =
      known !== undefined && (known.expiresAtMs === null || known.expiresAtMs >= (entry.expiresAtMs ?? 0));
    if (!staysLonger) await this.#engine.setListEntry(entry);
    return CONFIRMED;
  }

  async #unblock({ body }: OutboundCommand): Promise<OutboundAnswer> {
    const entry = entryOf(body, '');
    if (entry === null) return failed('the effect names nothing that can be listed');
    const known = this.#find(entry);
    if (known?.note.startsWith(NOTE_PREFIX) === true) {
      await this.#engine.removeListEntry(entry.list, entry.kind, entry.value);
    }
    return CONFIRMED;
  }

  #find({ list, kind, value }: ListEntry): ListEntry | undefined {
    return this.#engine.lists().find((each) => each.list === list && each.kind === kind && each.value === value);
  }
}

function entryOf(body: SagaData, note: string): ListEntry | null {
  const kind = LIST_KINDS.find((name) => name === body.kind);
  const value = text(body, 'value');
  if (kind === undefined || value === '') return null;
  const expiresAtMs = typeof body.expiresAtMs === 'number' ? body.expiresAtMs : null;
  return { list: 'block', kind, value, expiresAtMs, note };
}

/** The members that are not ''. */
function present<Name extends string>(members: Readonly<Record<Name, string>>): Partial<Record<Name, string>> {
  const known: Partial<Record<Name, string>> = {};
  for (const name in members) if (members[name] !== '') known[name] = members[name];
  return known;
}

function text(body: SagaData, name: string): string {
  const value: SagaValue | undefined = body[name];
  return typeof value === 'string' ? value : '';
}

function failed(detail: string): OutboundAnswer {
  return { outcome: 'failed', code: 0, detail, pauseMs: 0 };
}
