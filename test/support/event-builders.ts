import type { DeviceSignal, Label, Login, ReferenceUpdate, TableRow, Transaction } from '../../src/domain/events.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { AuthorizeCommand } from '../../src/ports/engine.ts';
import { SIMULATION_START_MS } from './simulated-clock.ts';

/** RFC 3339 of a time, UTC. */
export function isoAt(ms: number): string {
  return new Date(ms).toISOString();
}

const AT_START = isoAt(SIMULATION_START_MS);

/** An ordinary purchase; `changes` tells what is different. */
export function transactionOf(transactionId: string, changes: Partial<Transaction> = {}): Transaction {
  return {
    transactionId,
    type: 'purchase',
    occurredAt: AT_START,
    cardId: 'card-a',
    accountId: 'account-a',
    amountMinor: 1000,
    currency: 'EUR',
    channel: 'ecommerce',
    ...changes,
  };
}

/** The command for a transaction, received now. The deadline is far enough away unless told. */
export function commandOf(transaction: Transaction, clock: Clock, deadlineMs = 1000): AuthorizeCommand {
  return { transaction, text: JSON.stringify(transaction), receivedAtMs: clock.monotonicMs(), deadlineMs };
}

export function loginOf(eventId: string, changes: Partial<Login> = {}): Login {
  return { type: 'login', eventId, occurredAt: AT_START, accountId: 'account-a', status: 'succeeded', ...changes };
}

export function signalOf(eventId: string, changes: Partial<DeviceSignal> = {}): DeviceSignal {
  return { type: 'signal', eventId, occurredAt: AT_START, deviceId: 'device-a', signal: 'seen', ...changes };
}

export function referenceOf(eventId: string, changes: Partial<ReferenceUpdate> = {}): ReferenceUpdate {
  return { type: 'reference', eventId, occurredAt: AT_START, entity: 'card', entityId: 'card-a', ...changes };
}

export function rowOf(eventId: string, changes: Partial<TableRow> = {}): TableRow {
  return { type: 'table_row', eventId, occurredAt: AT_START, table: 'country_risk', key: 'NG', ...changes };
}

export function labelOf(eventId: string, transactionId: string, changes: Partial<Label> = {}): Label {
  return {
    type: 'label',
    eventId,
    occurredAt: AT_START,
    transactionId,
    label: 'fraud',
    cardId: 'card-a',
    ...changes,
  };
}
