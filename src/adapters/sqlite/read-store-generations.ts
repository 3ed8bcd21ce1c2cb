import type { DatabaseSync } from 'node:sqlite';
import type { Generation } from '../../ports/read-store.ts';
import { numberIn, textIn } from './row.ts';

/** Every build of every projection in a read store. */
export function generationsIn(connection: DatabaseSync): readonly Generation[] {
  const rows = connection.prepare('SELECT id, projection, version, state, checkpoint FROM generations').all();
  return rows.map((row) => ({
    id: numberIn(row, 'id'),
    projection: textIn(row, 'projection') ?? '',
    version: textIn(row, 'version') ?? '',
    state: textIn(row, 'state') === 'live' ? 'live' : 'building',
    checkpoint: numberIn(row, 'checkpoint'),
  }));
}
