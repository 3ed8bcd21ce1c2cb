import type { EntityLink, LinkNode } from '../model/endpoints.ts';

/** An entity with a place; the middle is 0, 0. */
export type PlacedNode = LinkNode & { readonly x: number; readonly y: number };
export type PlacedLink = EntityLink & {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
};
export type LinkDrawing = {
  readonly radius: number;
  readonly nodes: readonly PlacedNode[];
  readonly links: readonly PlacedLink[];
};

const RING = 150;
/** Least room for an entity on its ring. */
const ROOM = 34;

/**
 * Draws an entity in the middle and what is linked to it on rings, one for each link of distance. On a ring each stands
 * near to what it hangs on; rings grow with how many are on them. The same graph is always drawn the same.
 */
export function layOutLinks(nodes: readonly LinkNode[], links: readonly EntityLink[]): LinkDrawing {
  const neighbours = neighboursOf(links);
  const angles = new Map<string, number>();
  const placed = new Map<string, PlacedNode>();
  let radius = 0;
  const depths = [...new Set(nodes.map(({ depth }) => depth))].sort((one, other) => one - other);
  for (const depth of depths) {
    const ring = nodes.filter((node) => node.depth === depth);
    if (depth > 0) radius = Math.max(radius + RING, (ring.length * ROOM) / (2 * Math.PI));
    const angleOf = (node: LinkNode): number => {
      const inner = (neighbours.get(nameOf(node)) ?? []).flatMap((name) => angles.get(name) ?? []);
      return inner.length === 0 ? 0 : (inner[0] ?? 0);
    };
    const sorted = ring.toSorted(
      (one, other) => angleOf(one) - angleOf(other) || (nameOf(one) < nameOf(other) ? -1 : 1),
    );
    for (const [index, node] of sorted.entries()) {
      const angle = (2 * Math.PI * index) / sorted.length - Math.PI / 2;
      angles.set(nameOf(node), angle);
      placed.set(nameOf(node), { ...node, x: radius * Math.cos(angle), y: radius * Math.sin(angle) });
    }
  }
  const lines = links.flatMap((link) => {
    const [one, other] = [placed.get(nameOf(link.left)), placed.get(nameOf(link.right))];
    if (one === undefined || other === undefined) return [];
    return [{ ...link, x1: one.x, y1: one.y, x2: other.x, y2: other.y }];
  });
  return { radius, nodes: [...placed.values()], links: lines };
}

function neighboursOf(links: readonly EntityLink[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { left, right } of links) {
    const [one, other] = [nameOf(left), nameOf(right)];
    found.set(one, [...(found.get(one) ?? []), other]);
    found.set(other, [...(found.get(other) ?? []), one]);
  }
  return found;
}

function nameOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind} ${id}`;
}
