import { encodeFact, viewOfSideEvent } from '../codec/mod.ts';
import { assertNever } from '../domain/assert-never.ts';
import type { Assessment } from '../domain/decision.ts';
import type { DeviceSignal, EntitySideEvent, Login } from '../domain/events.ts';
import type { SideEventRecorded } from '../domain/records.ts';
import type { SideEventReceipt } from '../ports/engine.ts';
import { type ActorSlot, liveOf, tell } from './actor-slot.ts';
import { entityEventOf } from './entity-image.ts';
import { type ExtraKey, keyIdOf } from './event-keys.ts';
import type { Host } from './host.ts';
import type { LateDraft } from './late-draft.ts';
import type { Program } from './program.ts';
import type { Work, WorkRecord } from './transactor.ts';

/** Record id of a side event: the id space of transactions is another one. */
export function sideEventRecordId(eventId: string): string {
  return `e:${eventId}`;
}

function acquireKeys(
  slots: ActorSlot[],
  event: Login | DeviceSignal,
  host: Pick<Host, 'acquire'>,
  extraKeys: readonly ExtraKey[],
): void {
  for (const key of extraKeys) {
    const id = keyIdOf(event, key);
    if (id !== undefined) slots.push(host.acquire(key.kind, id));
  }
}

/** Slots of the entities that a side event concerns, in the order of kinds. */
export function acquireConcerned(
  event: EntitySideEvent,
  host: Pick<Host, 'acquire'>,
  extraKeys: readonly ExtraKey[],
): ActorSlot[] {
  const slots: ActorSlot[] = [];
  switch (event.type) {
    case 'login':
      slots.push(host.acquire('account', event.accountId));
      if (event.deviceId !== undefined) slots.push(host.acquire('device', event.deviceId));
      if (event.ip !== undefined) slots.push(host.acquire('ip', event.ip));
      acquireKeys(slots, event, host, extraKeys);
      return slots;
    case 'signal':
      if (event.accountId !== undefined) slots.push(host.acquire('account', event.accountId));
      if (event.deviceId !== undefined) slots.push(host.acquire('device', event.deviceId));
      if (event.ip !== undefined) slots.push(host.acquire('ip', event.ip));
      acquireKeys(slots, event, host, extraKeys);
      return slots;
    case 'reference':
      return [host.acquire(event.entity, event.entityId)];
    case 'label':
      slots.push(host.acquire('card', event.cardId));
      if (event.accountId !== undefined) slots.push(host.acquire('account', event.accountId));
      if (event.deviceId !== undefined) slots.push(host.acquire('device', event.deviceId));
      if (event.merchantId !== undefined) slots.push(host.acquire('merchant', event.merchantId));
      return slots;
    default:
      return assertNever(event);
  }
}

/** Records one login, signal, reference or label event, with what the rules for its source say about it. */
export class SideEventWork implements Work {
  readonly recordId: string;
  readonly isAnswered = false;
  readonly #event: EntitySideEvent;
  readonly #program: () => Program;
  readonly #recordedAt: () => string;
  readonly #done: (receipt: SideEventReceipt) => void;
  readonly #failed: (error: Error) => void;
  #assessment: Assessment | null = null;
  #late: LateDraft | null = null;

  constructor(
    event: EntitySideEvent,
    program: () => Program,
    recordedAt: () => string,
    done: (receipt: SideEventReceipt) => void,
    failed: (error: Error) => void,
  ) {
    this.recordId = sideEventRecordId(event.eventId);
    this.#event = event;
    this.#program = program;
    this.#recordedAt = recordedAt;
    this.#done = done;
    this.#failed = failed;
  }

  acquire(host: Host): ActorSlot[] {
    return acquireConcerned(this.#event, host, this.#program().extraKeys);
  }

  decide(slots: readonly ActorSlot[]): WorkRecord {
    const program = this.#program();
    const event = this.#event;
    this.#assessment = null;
    this.#late = null;
    let isOvertaken = false;
    if (event.type === 'login' || event.type === 'signal') {
      const view = viewOfSideEvent(event);
      this.#late = program.judge(view, event.producer, this.#recordedAt);
      isOvertaken = program.observe(view, slots, this.#late);
      this.#assessment = program.assess(view);
    }
    const fact: SideEventRecorded = {
      type: 'SideEventRecorded',
      event,
      assessment: this.#assessment,
      rulesetVersion: program.ruleset.version,
      recordedAt: this.#recordedAt(),
    };
    const entityEvent = entityEventOf(fact);
    for (const slot of slots) tell(liveOf(slot), { type: 'settle', event: entityEvent, bits: 0 });
    const late = this.#late === null ? {} : { late: this.#late.record() };
    const overtaken = isOvertaken ? ({ overtaken: true } as const) : {};
    return { type: fact.type, body: encodeFact({ ...fact, ...late, ...overtaken }) };
  }

  committed(): void {
    this.#late?.count();
    const alerts = this.#assessment === null ? [] : this.#assessment.reasons.map((reason) => reason.code);
    this.#done({ eventId: this.#event.eventId, repeated: false, alerts });
  }

  rejected(error: Error): void {
    this.#failed(error);
  }
}
