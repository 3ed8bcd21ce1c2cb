import { ENTITY_KINDS, type EntityKind } from '../../src/domain/entities.ts';
import { nameAt, numberAt, type StoredValues, textAt, timeAt } from '../../src/domain/stored-values.ts';
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

/** Links of one entity that are followed: a hub, as a large merchant, links strangers and not acquaintances. */
const HUB_LINKS_MAX = 64;
/** Links of one entity that are counted; beyond it the degree is this number. */
const DEGREE_MAX = 1_000;

type Found = { readonly kind: EntityKind; readonly id: string; readonly depth: number };

const keyOf = (kind: string, id: string): string => `${kind}\n${id}`;

/**
 * Walks the links from an entity, breadth first, the newest links of each first. Does not walk on from an entity with
 * more links than HUB_LINKS_MAX, other than the first. O(nodes x links of each).
 */
export function readLinkedEntities(reader: ProjectionReader, query: LinkQuery): LinkedEntities {
  const found = new Map<string, Found>([[keyOf(query.kind, query.id), { kind: query.kind, id: query.id, depth: 0 }]]);
  const links = new Map<string, EntityLink>();
  const entities: LinkedEntity[] = [];
  let truncated = false;
  for (const node of found.values()) {
    const degree = degreeOf(reader, node);
    entities.push({ ...node, degree });
    if (node.depth >= query.depth) continue;
    if (node.depth > 0 && degree > HUB_LINKS_MAX) {
      truncated = true;
      continue;
    }
    const rows = linksOf(reader, node, query.nodesMax);
    truncated ||= rows.length < degree;
    for (const link of rows) {
      const other = link.left.kind === node.kind && link.left.id === node.id ? link.right : link.left;
      const key = keyOf(other.kind, other.id);
      if (!found.has(key)) {
        if (found.size >= query.nodesMax) {
          truncated = true;
          continue;
        }
        found.set(key, { kind: other.kind, id: other.id, depth: node.depth + 1 });
      }
      links.set(keyOf(keyOf(link.left.kind, link.left.id), keyOf(link.right.kind, link.right.id)), link);
    }
  }
  return { entities, links: [...links.values()], truncated };
}

function degreeOf(reader: ProjectionReader, { kind, id }: Found): number {
  const table = reader.table('links');
  const count = (side: string): number => {
    const sql = `SELECT count(*) AS n FROM (SELECT 1 FROM ${table} WHERE ${side}_kind = ? AND ${side}_id = ? LIMIT ?)`;
    return numberAt(reader.all(sql, [kind, id, DEGREE_MAX])[0] ?? {}, 'n');
  };
  return count('left') + count('right');
}

function linksOf(reader: ProjectionReader, { kind, id }: Found, limit: number): readonly EntityLink[] {
  const table = reader.table('links');
  const side = (name: string): string =>
    `SELECT * FROM (SELECT * FROM ${table} WHERE ${name}_kind = ? AND ${name}_id = ? LIMIT ${DEGREE_MAX})`;
  const sql = `${side('left')} UNION ALL ${side('right')} ORDER BY last_day DESC, since, left_id, right_id LIMIT ?`;
  return reader.all(sql, [kind, id, kind, id, limit]).map(linkOf);
}

function linkOf(row: StoredValues): EntityLink {
  return {
    left: { kind: nameAt(row, 'left_kind', ENTITY_KINDS), id: textAt(row, 'left_id') },
    right: { kind: nameAt(row, 'right_kind', ENTITY_KINDS), id: textAt(row, 'right_id') },
    since: timeAt(row, 'since'),
    lastDay: timeAt(row, 'last_day').slice(0, 10),
  };
}
