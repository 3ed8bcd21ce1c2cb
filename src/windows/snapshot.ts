import { PalisadeError } from '../domain/errors.ts';
import { EXACT_EVENTS_MAX } from '../domain/limits.ts';
import { sampleSlots } from './distinct-sample.ts';
import type { WindowPlan } from './layout.ts';
import { INITIAL_CAPACITY, RING_CAPACITY, RING_OFFSET } from './layout.ts';
import { paneSlots } from './panes.ts';
import type { WindowState } from './state.ts';

/** More rows than any list can have: 65 panes of 1498 buckets. */
const ROWS_MAX = 2 ** 17;

const SLOT_BYTES = Float64Array.BYTES_PER_ELEMENT;

/**
 * A window state as bytes: the number of its plan's schema, then the slab as it is in memory (the byte order of the
 * machine: a snapshot is a cache beside the log, not a format for exchange). O(state).
 */
export function encodeWindowState(plan: WindowPlan, state: WindowState): Uint8Array {
  const slots = new Float64Array(1 + state.slab.length);
  slots[0] = plan.schemaNumber;
  slots.set(state.slab, 1);
  return new Uint8Array(slots.buffer);
}

function refuse(reason: string, value: number): never {
  const problem = `Cannot decode a window state as ${reason}: ${value}`;
  throw new PalisadeError('RECORD_UNREADABLE', `${problem}. Ignore the snapshot and rebuild from the stream.`);
}

function isCapacity(capacity: number, limit: number): boolean {
  return capacity >= INITIAL_CAPACITY && capacity <= limit && Number.isInteger(Math.log2(capacity));
}

/** Checks that the sections lie side by side and fill the slab. */
function checkSections(plan: WindowPlan, slab: Float64Array): void {
  const sections: { offset: number; slots: number }[] = [];
  const note = (offset: number, slots: number) => sections.push({ offset, slots });
  if (plan.windows.length > 0) {
    const capacity = slab[RING_CAPACITY] ?? 0;
    if (!isCapacity(capacity, EXACT_EVENTS_MAX)) refuse('its ring has an impossible capacity', capacity);
    note(slab[RING_OFFSET] ?? 0, capacity * plan.rowLength);
  }
  for (const rows of [...plan.initialRows, ...plan.lateRows]) {
    const capacity = slab[rows.capacity] ?? 0;
    if (capacity === 0 && plan.lateRows.includes(rows)) continue;
    if (!isCapacity(capacity, ROWS_MAX)) refuse('a table has an impossible capacity', capacity);
    if (!(Number(slab[rows.size]) <= capacity)) refuse('a table has an impossible size', slab[rows.size] ?? 0);
    note(slab[rows.offset] ?? 0, capacity * 2);
  }
  for (const table of plan.tables) {
    if (slab[table.sample] !== 0) note(slab[table.sample] ?? 0, sampleSlots(slab, table));
  }
  for (const window of plan.windows) {
    const offset = slab[window.paneOffset] ?? 0;
    if (offset !== 0) note(offset, paneSlots(window));
  }
  let end = plan.fixedSlots;
  for (const section of sections.sort((left, right) => left.offset - right.offset)) {
    if (section.offset !== end) refuse('a section is not where it has to be', section.offset);
    end += section.slots;
  }
  if (end !== slab.length) refuse('its length does not fit its sections', slab.length);
}

/**
 * The state that `encodeWindowState` made the bytes from; it goes on as the original would have. O(state).
 * Throws RECORD_UNREADABLE for bytes of another schema or with damaged sections.
 */
export function decodeWindowState(plan: WindowPlan, bytes: Uint8Array): WindowState {
  if (bytes.length % SLOT_BYTES !== 0 || bytes.length < (1 + plan.fixedSlots) * SLOT_BYTES) {
    refuse('its length in bytes is impossible', bytes.length);
  }
  const aligned = new Uint8Array(bytes);
  const schema = new Float64Array(aligned.buffer, 0, 1)[0] ?? 0;
  if (schema !== plan.schemaNumber) refuse('it is of another schema', schema);
  const slab = new Float64Array(aligned.buffer.slice(SLOT_BYTES));
  checkSections(plan, slab);
  return { slab };
}

/**
 * Hash of a state's bytes, 16 hexadecimal digits: the same events in the same order under the same plan give the same
 * hash. Two multiplicative lanes over 32-bit words, mixed as in `hash53`; not for use against an adversary. O(state).
 */
export function hashWindowState(state: WindowState): string {
  const { buffer, byteOffset, length } = state.slab;
  const words = new Int32Array(buffer, byteOffset, length * 2);
  let high = 0xdeadbeef ^ length;
  let low = 0x41c6ce57 ^ length;
  for (const word of words) {
    high = Math.imul(high ^ word, 2654435761);
    high ^= high >>> 15;
    low = Math.imul(low ^ word, 1597334677);
    low ^= low >>> 13;
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
}
