/**
 * 53-bit hash of a text as a safe integer, never 0 (0 marks an empty slot in the windows).
 * cyrb53, public domain, by bryc: two 32-bit multiplicative lanes mixed as in MurmurHash3's finalizer. O(length).
 * Of 256 values in one table two collide with a chance below 4e-12.
 */
export function hash53(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0) || 1;
}
