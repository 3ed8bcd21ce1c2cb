import { ENTITY_KINDS, type EntityKind } from '../../src/domain/entities.ts';
import { nameAt, numberAt, textAt } from '../../src/domain/stored-values.ts';
import type { EntityLink, LinkQuery } from '../../src/ports/console.ts';
import type { ProjectionReader } from '../../src/ports/projection-reader.ts';

/** An entity in a graph, before anything but its links is known of it. */
export type LinkedEntity = {
  readonly kind: EntityKind;
  readonly id: string;
  readonly depth: number;
  readonly degree: number;
};

/** Entities around one, and the links between them. */
export type LinkedEntities = {
  readonly entities: readonly LinkedEntity[];
  readonly links: readonly EntityLink[];
  readonly truncated: boolean;
};

/** Links of one entity that are followed: a hub, as a shared address, links strangers and not acquaintances. */
const HUB_LINKS_MAX = 64;
/** Rows about one entity that are looked at: beyond them its degree is what these say. */
const ROWS_MAX = 2_000;

/** Columns of the links, which are kinds of entities. */
const COLUMNS = ['card', 'account', 'device', 'ip'] as const;

type Found = { readonly kind: EntityKind; readonly id: string; readonly depth: number; readonly number: number };
type Neighbours = { readonly found: readonly Neighbour[]; readonly isWhole: boolean };
type Neighbour = {
  readonly kind: EntityKind;
  readonly id: string;
  readonly number: number;
  readonly since: number;
  readonly lastDay: number;
};

/**
 * Walks the links from an entity, breadth first, the newest links of each first. Does not walk on from an entity with
 * more links than HUB_LINKS_MAX, other than the first. O(nodes x rows of each).
 */
export function readLinkedEntities(reader: ProjectionReader, query: LinkQuery): LinkedEntities {
  const first = { kind: query.kind, id: query.id, depth: 0, number: numberOf(reader, query.kind, query.id) };
  const found = new Map<number, Found>([[first.number, first]]);
  const links = new Map<string, EntityLink>();
  const entities: LinkedEntity[] = [];
  let truncated = false;
  for (const node of found.values()) {
    const neighbours = neighboursOf(reader, node);
    const degree = neighbours.found.length;
    entities.push({ kind: node.kind, id: node.id, depth: node.depth, degree });
    if (node.depth >= query.depth) continue;
    truncated ||= !neighbours.isWhole || degree > query.nodesMax;
    if (node.depth > 0 && degree > HUB_LINKS_MAX) {
      truncated = true;
      continue;
    }
    for (const other of neighbours.found.slice(0, query.nodesMax)) {
      if (!found.has(other.number)) {
        if (found.size >= query.nodesMax) {
          truncated = true;
          continue;
        }
        found.set(other.number, { kind: other.kind, id: other.id, depth: node.depth + 1, number: other.number });
      }
      links.set(`${Math.min(node.number, other.number)} ${Math.max(node.number, other.number)}`, linkOf(node, other));
    }
  }
  return { entities, links: [...links.values()], truncated };
}

/** Number of an entity; -1 for one that nothing names. */
function numberOf(reader: ProjectionReader, kind: EntityKind, id: string): number {
  const sql = `SELECT number FROM ${reader.table('entities')} WHERE kind = ? AND id = ?`;
  const [row] = reader.all(sql, [kind, id]);
  return row === undefined ? -1 : numberAt(row, 'number');
}

/** Who was seen with an entity, the newest first. */
function neighboursOf(reader: ProjectionReader, { kind, number }: Found): Neighbours {
  const own = COLUMNS.find((column) => column === kind);
  if (own === undefined || number < 0) return { found: [], isWhole: true };
  const table = reader.table('links');
  const rows = `SELECT * FROM ${table} WHERE ${own} = ? LIMIT ${ROWS_MAX}`;
  const [counted = {}] = reader.all(`SELECT count(*) AS n FROM (${rows})`, [number]);
  const others = COLUMNS.filter((column) => column !== own);
  const each = others.map(
    (column) =>
      `SELECT ${column} AS number, min(since) AS since, max(last_day) AS last_day FROM seen WHERE ${column} <> 0 ` +
      `GROUP BY ${column}`,
  );
  const sql =
    `WITH seen AS MATERIALIZED (${rows}) SELECT e.kind, e.id, o.* FROM (${each.join(' UNION ALL ')}) o ` +
    `CROSS JOIN ${reader.table('entities')} e ON e.number = o.number ` +
    'ORDER BY o.last_day DESC, o.since, e.kind, e.id';
  const found = reader.all(sql, [number]).map((row) => ({
    kind: nameAt(row, 'kind', ENTITY_KINDS),
    id: textAt(row, 'id'),
    number: numberAt(row, 'number'),
    since: numberAt(row, 'since'),
    lastDay: numberAt(row, 'last_day'),
  }));
  return { found, isWhole: numberAt(counted, 'n') < ROWS_MAX };
}

/** The link of two, the kind that comes first on the left. */
function linkOf(one: Found, { kind, id, since, lastDay }: Neighbour): EntityLink {
  const [here, there] = [
    { kind: one.kind, id: one.id },
    { kind, id },
  ];
  const isLeft = ENTITY_KINDS.indexOf(one.kind) < ENTITY_KINDS.indexOf(kind);
  return {
    left: isLeft ? here : there,
    right: isLeft ? there : here,
    since: new Date(since).toISOString(),
    lastDay: new Date(lastDay).toISOString().slice(0, 10),
  };
}
