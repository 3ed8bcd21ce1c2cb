import type { SideEvent, Transaction } from '../domain/events.ts';

/** Kinds of attack that the simulator can stage. */
export const CAMPAIGN_KINDS = [
  'card-testing',
  'account-takeover',
  'impossible-travel',
  'device-farm',
  'bin-attack',
  'scattered-payments',
] as const;
export type CampaignKind = (typeof CAMPAIGN_KINDS)[number];

/** The truth about an event, which no event carries itself. */
export type TruthLabel = { readonly fraud: boolean; readonly campaign: CampaignKind | null };

/** An event of the simulated world, when it happens, and the truth about it. */
export type SimulatedEvent = {
  readonly timeMs: number;
  readonly event: Transaction | SideEvent;
  readonly label: TruthLabel;
};

/** What a run is made from. Equal options give equal streams, event by event. */
export type SimulationOptions = {
  readonly seed: number;
  /** Number of cards of honest people. */
  readonly cards: number;
  readonly days: number;
  /** Start of the run, ms since the epoch. */
  readonly startMs: number;
  readonly attacks: readonly CampaignKind[];
  /** No attack starts before this time, ms since the epoch. */
  readonly attacksFromMs: number;
  /** How many campaigns of each kind are staged. */
  readonly campaignsPerKind: number;
  /** Billing currency of every amount, ISO 4217. */
  readonly currency: string;
};

/** Whether an event asks for a decision. */
export function isTransaction(event: Transaction | SideEvent): event is Transaction {
  return 'amountMinor' in event;
}
