import type { EntityKind } from '../../src/domain/entities.ts';
import type {
  ProjectedRecord,
  Projection,
  ProjectionSession,
  ProjectionTransaction,
} from '../../src/ports/projection.ts';
import type { StoreTables } from '../../src/ports/read-store.ts';
import { DAY_MS, LINKS_TABLE, LINKS_VERSION } from './links.model.ts';

const TABLE = LINKS_TABLE.name;

/** Links that are kept in memory, so that what is seen again costs no look-up. */
const LINKS_MAX = 100_000;

type Link = { since: number; day: number };
type Ids = Readonly<Partial<Record<EntityKind, string | undefined>>>;

/** Pairs of kinds that links are kept for, the left one first. */
const PAIRS: readonly (readonly [EntityKind, EntityKind])[] = [
  ['card', 'account'],
  ['card', 'device'],
  ['card', 'ip'],
  ['account', 'device'],
  ['account', 'ip'],
  ['device', 'ip'],
];

/** Who shares what with whom, and since when. */
export function linksProjection(): Projection {
  return {
    name: 'console.links',
    version: LINKS_VERSION,
    tables: [LINKS_TABLE],
    open: () => new LinksSession(),
  };
}

class LinksSession implements ProjectionSession {
  readonly #links = new Map<string, Link>();

  project(record: ProjectedRecord, { tables }: ProjectionTransaction): void {
    if (record.type !== 'TransactionDecided' && record.type !== 'SideEventRecorded') return;
    const { fact } = record;
    if (fact.type === 'TransactionDecided') {
      const { cardId: card, accountId: account, deviceId: device, ip } = fact.transaction;
      this.#link(tables, { card, account, device, ip }, Date.parse(fact.transaction.occurredAt));
    } else if (fact.type === 'SideEventRecorded' && (fact.event.type === 'login' || fact.event.type === 'signal')) {
      const { accountId: account, deviceId: device, ip } = fact.event;
      this.#link(tables, { account, device, ip }, Date.parse(fact.event.occurredAt));
    }
  }

  flush(): void {
    for (const key of this.#links.keys()) {
      if (this.#links.size <= LINKS_MAX) break;
      this.#links.delete(key);
    }
  }

  #link(tables: StoreTables, ids: Ids, atMs: number): void {
    const day = Math.floor(atMs / DAY_MS) * DAY_MS;
    for (const [leftKind, rightKind] of PAIRS) {
      const left = ids[leftKind];
      const right = ids[rightKind];
      if (left === undefined || right === undefined) continue;
      const key = `${leftKind}\n${left}\n${rightKind}\n${right}`;
      let link = this.#links.get(key);
      if (link === undefined) {
        const row = tables.get(TABLE, [leftKind, left, rightKind, right]);
        link = { since: Number(row?.since ?? Number.MAX_SAFE_INTEGER), day: Number(row?.last_day ?? 0) };
        this.#links.set(key, link);
      }
      if (atMs >= link.since && day <= link.day) continue;
      link.since = Math.min(link.since, atMs);
      link.day = Math.max(link.day, day);
      const row = { left_kind: leftKind, left_id: left, right_kind: rightKind, right_id: right };
      tables.put(TABLE, { ...row, since: link.since, last_day: link.day });
    }
  }
}
