import type { SideEvent, Transaction } from '../../src/domain/events.ts';

/** What is known of an event beside the event itself: which staged attack it is part of, `<kind>-<number>`; or none. */
export type Label = { readonly fraud: boolean; readonly campaign: string | null };

/** An event with its truth, as `palisade simulate` writes it and `palisade replay` reads it; the truth is not sent. */
export type LabelledEvent = { readonly event: Transaction | SideEvent; readonly label: Label };

export const HONEST: Label = { fraud: false, campaign: null };

/** The truth about the events of one staged attack. */
export function campaignOf(kind: string, number: number): Label {
  return { fraud: true, campaign: `${kind}-${number}` };
}

/** Kind of an attack by the name of its campaign. */
export function kindOf(campaign: string): string {
  return campaign.replace(/-\d+$/, '');
}

/** Key of idempotency of an event. */
export function idOf(event: Transaction | SideEvent): string {
  return 'transactionId' in event && event.type !== 'label' ? event.transactionId : event.eventId;
}

/** RFC 3339 of a time in ms, UTC. */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString();
}
