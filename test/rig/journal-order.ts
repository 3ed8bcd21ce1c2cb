import { openEventStoreLog } from '../../src/adapters/eventstoredb/mod.ts';
import { decodeFact } from '../../src/codec/mod.ts';
import type { Login, Transaction } from '../../src/domain/events.ts';
import { eventIdOf } from './event-ledger.ts';
import { LATENESS_MS } from './rig-ruleset.ts';

/** An event as the journal has it. */
export type Recorded = { readonly event: Transaction | Login; readonly isLeftOut: boolean };

/** What the journal says of the order in which events came. */
export type OrderFindings = {
  /** Events that came after a newer one of their card, or of their account where they are logins. */
  reordered: number;
  /** Events that came too late, and are in no window. */
  left_out: number;
  /** Events that were left out though they were not too late, or taken in though they were. */
  misjudged: number;
  /** Records beyond the first of an event. */
  recorded_twice: number;
};

const PAGE_RECORDS = 1000;
/** Nodes judge by what they have seen: one that stood still may be so far behind. */
const BEHIND_MS_MAX = 2 * LATENESS_MS;
/** Records in which every node has seen something, and records of one node that may wait for each other. */
const FIRST_RECORDS = 500;
const AHEAD_RECORDS_MAX = 1000;

/** Every payment and login of the journal of an event store, in its order. */
export async function readJournal(connectionString: string): Promise<Recorded[]> {
  const log = await openEventStoreLog({ connectionString, isShared: true });
  try {
    const recorded: Recorded[] = [];
    let after = 0;
    for (;;) {
      const records = await log.readAll(after, PAGE_RECORDS);
      for (const { type, body } of records) {
        if (type !== 'TransactionDecided' && type !== 'SideEventRecorded') continue;
        const fact = decodeFact(type, body);
        const isLeftOut = 'late' in fact && fact.late !== undefined && fact.late.policy !== 'correct';
        if (fact.type === 'TransactionDecided') recorded.push({ event: fact.transaction, isLeftOut });
        else if (fact.type === 'SideEventRecorded' && fact.event.type === 'login') {
          recorded.push({ event: fact.event, isLeftOut });
        }
      }
      const last = records.at(-1);
      if (last === undefined) return recorded;
      after = last.position;
    }
  } finally {
    await log.close();
  }
}

/** Looks at the order of events by the definition of lateness alone. O(n). */
export function findOrder(journal: readonly Recorded[]): OrderFindings {
  const findings = { reordered: 0, left_out: 0, misjudged: 0, recorded_twice: 0 };
  const seen = new Set<string>();
  const newestByKey = new Map<string, number>();
  const known = new Newest();
  const possible = new Newest();
  for (const [index, { event, isLeftOut }] of journal.entries()) {
    const id = eventIdOf(event);
    if (seen.has(id)) findings.recorded_twice += 1;
    seen.add(id);
    const atMs = Date.parse(event.occurredAt);
    const key = event.type === 'login' ? event.accountId : event.cardId;
    const newestMs = newestByKey.get(key) ?? 0;
    if (atMs < newestMs) findings.reordered += 1;
    newestByKey.set(key, Math.max(newestMs, atMs));
    possible.takeUpTo(journal, index + AHEAD_RECORDS_MAX);
    const isAllowed = atMs < possible.ofMs(event) - LATENESS_MS;
    const isDue = index >= FIRST_RECORDS && atMs < known.ofMs(event) - LATENESS_MS - BEHIND_MS_MAX;
    known.takeUpTo(journal, index);
    if (isLeftOut) findings.left_out += 1;
    if (isLeftOut ? isAllowed : !isDue) continue;
    findings.misjudged += 1;
    const behindS = (known.ofMs(event) - atMs) / 1000;
    process.stderr.write(`${id} was ${isLeftOut ? 'left out' : 'taken in'}, ${behindS} s behind the newest\n`);
  }
  return findings;
}

/** The newest event time of each stream, up to a place in the journal. */
class Newest {
  #next = 0;
  #loginMs = 0;
  #paymentMs = 0;

  takeUpTo(journal: readonly Recorded[], last: number): void {
    for (; this.#next <= last && this.#next < journal.length; this.#next++) {
      const event = journal[this.#next]?.event;
      if (event === undefined) continue;
      const atMs = Date.parse(event.occurredAt);
      if (event.type === 'login') this.#loginMs = Math.max(this.#loginMs, atMs);
      else this.#paymentMs = Math.max(this.#paymentMs, atMs);
    }
  }

  ofMs({ type }: Transaction | Login): number {
    return type === 'login' ? this.#loginMs : this.#paymentMs;
  }
}
