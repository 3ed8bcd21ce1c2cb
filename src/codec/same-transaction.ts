import type { Transaction } from '../domain/events.ts';
import { TRANSACTION_FIELDS } from './transaction-schema.ts';

/**
 * Whether two requests ask the same, however their bodies were written: order of members and white space do not count,
 * neither does the spelling of an IP address; `occurredAt` is compared as text.
 */
export function sameTransaction(a: Transaction, b: Transaction): boolean {
  const left: Readonly<Record<string, unknown>> = a;
  const right: Readonly<Record<string, unknown>> = b;
  return (
    TRANSACTION_FIELDS.every((field) => field === 'location' || left[field] === right[field]) && sameLocation(a, b)
  );
}

function sameLocation({ location: a }: Transaction, { location: b }: Transaction): boolean {
  return a?.latitude === b?.latitude && a?.longitude === b?.longitude;
}
