import {
  ENTITY_KINDS,
  type EntityKind,
  parseStream,
  type Revision,
  type StreamName,
} from '../../src/domain/entities.ts';
import type { SideEvent } from '../../src/domain/events.ts';
import type { EntityReport } from '../../src/ports/engine.ts';
import type { StoredRecord } from '../../src/ports/event-log.ts';
import { hold } from './invariant-violation.ts';

/** What an entity's owner said last: nothing that stops it, stop, or stop for good. */
type Standing = 'open' | 'stopped' | 'closed';

/** Statuses in which nothing goes ahead. */
const STOPPED: Readonly<Record<EntityKind, readonly string[]>> = {
  card: ['frozen', 'closed'],
  account: ['locked', 'closed'],
  device: ['blocked'],
  merchant: ['blocked'],
  ip: ['blocked'],
};
/** Kinds that a close ends for good: no unfreeze brings them back. */
const CLOSED_FOR_GOOD: readonly EntityKind[] = ['card', 'account'];

/** Kind of the entity that an owner can command; pairs and places have none. */
function kindOf(stream: StreamName): EntityKind | undefined {
  const named = parseStream(stream)?.kind;
  return ENTITY_KINDS.find((kind) => kind === named);
}

function standingAfter(kind: EntityKind, before: Standing, command: string | undefined): Standing {
  if (before === 'closed') return before;
  switch (command) {
    case 'freeze':
      return 'stopped';
    case 'close':
      return CLOSED_FOR_GOOD.includes(kind) ? 'closed' : 'stopped';
    case 'unfreeze':
      return 'open';
    default:
      return before;
  }
}

/**
 * Holds the engine to what owners commanded (I6): from the record of a freeze on, until that of an unfreeze, the entity
 * shows as stopped and a frozen card gets no approval. Reads the records itself and knows nothing of the machines.
 */
export class FreezeWatch {
  /** Standing after each revision. */
  readonly #standings = new Map<StreamName, Standing[]>();
  /** Revision of the last status command that was acknowledged. */
  readonly #acknowledged = new Map<StreamName, Revision>();
  readonly #revisions = new Map<string, { readonly stream: StreamName; readonly revision: Revision }>();
  checked = 0;

  /** Takes a record in, and checks a decision in it against what was commanded before. */
  durable(record: StoredRecord): void {
    const stored: {
      readonly event?: SideEvent;
      readonly transaction?: { readonly transactionId: string };
      readonly decision?: {
        readonly outcome: string;
        readonly mode: string;
        readonly reasons: readonly { code: string }[];
      };
    } = JSON.parse(record.body);
    const { event, decision } = stored;
    for (const { stream, revision } of record.streams) {
      const kind = kindOf(stream);
      if (kind === undefined) continue;
      const standings = this.#standings.get(stream) ?? [];
      const before = standings.at(-1) ?? 'open';
      if (record.type === 'TransactionDecided' && decision !== undefined && kind === 'card' && before === 'stopped') {
        const isAllowed = decision.mode === 'fallback' || decision.reasons.some(({ code }) => /^LIST_ALLOW/.test(code));
        const isRefused = isAllowed || decision.outcome === 'decline';
        hold('I6', isRefused, () => `${record.recordId} got ${decision.outcome} though ${stream} is frozen`);
        this.checked += 1;
      }
      const command = event?.type === 'reference' ? event.status : undefined;
      standings.push(standingAfter(kind, before, command));
      this.#standings.set(stream, standings);
      if (event !== undefined && command !== undefined) this.#revisions.set(event.eventId, { stream, revision });
    }
  }

  /** A status command was acknowledged: whoever reads the entity from now on sees it, or what came after it. */
  acknowledged(eventId: string): void {
    const known = this.#revisions.get(eventId);
    if (known === undefined) return;
    const { stream, revision } = known;
    this.#acknowledged.set(stream, Math.max(revision, this.#acknowledged.get(stream) ?? -1));
  }

  /** Revision that whoever asks now has to be shown at least. */
  dueRevision(stream: StreamName): Revision {
    return this.#acknowledged.get(stream) ?? -1;
  }

  /** Checks an entity as the engine showed it; `due` is the revision that was due when it was asked. */
  shown(stream: StreamName, report: EntityReport | null, due: Revision): void {
    const revision = report?.revision ?? -1;
    hold('I6', revision >= due, () => `${stream} is shown at ${revision}, a command was acknowledged at ${due}`);
    const standing = this.#standings.get(stream)?.[revision] ?? 'open';
    const kind = kindOf(stream);
    if (report === null || kind === undefined || standing === 'open') return;
    const isStopped = STOPPED[kind].includes(report.status);
    hold('I6', isStopped, () => `${stream} is ${report.status} at revision ${revision}, though it was stopped`);
    this.checked += 1;
  }
}
