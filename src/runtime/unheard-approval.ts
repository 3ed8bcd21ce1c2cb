import { encodeFact } from '../codec/mod.ts';
import { isPalisadeError } from '../domain/errors.ts';
import type { Transaction } from '../domain/events.ts';
import type { ApprovalUnheard } from '../domain/records.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventLog } from '../ports/event-log.ts';
import { appendSurely } from './repeated-append.ts';

/**
 * Records that the approval of a transaction reached nobody: a fact of no stream, once a transaction. Rejects with LOG_
 * errors.
 */
export async function recordUnheardApproval(
  log: EventLog,
  clock: Clock,
  transaction: Transaction,
  recordedAt: string,
): Promise<void> {
  const fact: ApprovalUnheard = { type: 'ApprovalUnheard', transaction, recordedAt };
  const recordId = `u:${transaction.transactionId}`;
  try {
    await appendSurely(log, clock, { recordId, type: fact.type, body: encodeFact(fact), streams: [] });
  } catch (error) {
    // Said before, at another time.
    if (!isPalisadeError(error, 'LOG_RECORD_EXISTS')) throw error;
  }
}
