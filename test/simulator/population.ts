import type { SideEvent, Transaction } from '../../src/domain/events.ts';
import { simulate } from '../../src/simulator/simulation.ts';
import {
  CAMPAIGN_KINDS,
  isTransaction,
  type SimulatedEvent,
  type SimulationOptions,
} from '../../src/simulator/simulation-event.ts';

export const START_MS = Date.UTC(2025, 0, 6);

/** Options of a run with every attack once, from the second quarter on. */
export function optionsOf(changes: Partial<SimulationOptions> = {}): SimulationOptions {
  const days = changes.days ?? 2;
  return {
    seed: 7,
    cards: 300,
    days,
    startMs: START_MS,
    attacks: CAMPAIGN_KINDS,
    attacksFromMs: START_MS + days * 6 * 3_600_000,
    campaignsPerKind: 1,
    currency: 'EUR',
    ...changes,
  };
}

/** A whole run as a list. */
export function runOf(changes: Partial<SimulationOptions> = {}): readonly SimulatedEvent[] {
  return [...simulate(optionsOf(changes))];
}

/** The transactions of a run, honest ones or those of attacks. */
export function transactionsOf(run: readonly SimulatedEvent[], fraud: boolean): readonly Transaction[] {
  return run
    .filter(({ label }) => label.fraud === fraud)
    .map(({ event }) => event)
    .filter(isTransaction);
}

/** An event without its own id, which depends on what else is in the run. */
export function withoutId(event: Transaction | SideEvent): Readonly<Record<string, unknown>> {
  return { ...event, transactionId: '', eventId: '' };
}
