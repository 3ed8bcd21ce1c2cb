/** The kinds of entity that have an actor. No kind has a hyphen: the first hyphen of a stream name ends the kind. */
export const ENTITY_KINDS = ['card', 'account', 'device', 'merchant', 'ip'] as const;

export type EntityKind = (typeof ENTITY_KINDS)[number];

/** Name of an event stream: `<kind>-<id>`, or a single word for streams that belong to no entity (`lists`). */
export type StreamName = string;

/** Revision of the last event in a stream; the first event has revision 0. */
export type Revision = number;

/** Expected revision of a stream that must not exist yet. */
export const NO_STREAM = -1;

/** Place of a record in the whole log; the first record has position 1. */
export type Position = number;

/** Builds the stream name of an entity. The id was checked at the edge: not empty, no control characters. */
export function streamOf(kind: EntityKind, id: string): StreamName {
  return `${kind}-${id}`;
}

/** Splits a stream name into kind and id, or answers null where it names no entity. */
export function parseStream(stream: StreamName): { kind: EntityKind; id: string } | null {
  const hyphen = stream.indexOf('-');
  if (hyphen < 1 || hyphen === stream.length - 1) return null;
  const kind = ENTITY_KINDS.find((candidate) => candidate === stream.slice(0, hyphen));
  return kind === undefined ? null : { kind, id: stream.slice(hyphen + 1) };
}
