import { randomUUID } from 'node:crypto';
import type { Random } from '../../ports/random.ts';

/** The machine's randomness; ids are UUIDs of version 4. */
export function createSystemRandom(): Random {
  return { next: () => Math.random(), id: () => randomUUID() };
}
