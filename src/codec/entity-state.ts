import { z } from 'zod';
import { PalisadeError } from '../domain/errors.ts';
import type { EntityProfile } from '../domain/profile.ts';

/** Version of the profile's form; a snapshot of another form is not read but rebuilt from the stream. */
export const PROFILE_VERSION = 1;

const profileSchema = z.strictObject({
  status: z.string(),
  firstSeenAtMs: z.number(),
  troubledAtMs: z.number(),
  homeCountry: z.string(),
  fraudLabels: z.number(),
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Bytes of an entity's state: length of the profile (32 bits, little-endian), profile as JSON, windows as they are. */
export function encodeEntityState(profile: EntityProfile, windows: Uint8Array): Uint8Array {
  const { status, firstSeenAtMs, troubledAtMs, homeCountry, fraudLabels, attributes } = profile;
  const head = encoder.encode(
    JSON.stringify({ status, firstSeenAtMs, troubledAtMs, homeCountry, fraudLabels, attributes }),
  );
  const bytes = new Uint8Array(4 + head.length + windows.length);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 4);
  bytes.set(windows, 4 + head.length);
  return bytes;
}

/** Takes the bytes apart again. Throws RECORD_UNREADABLE where they are not what `encodeEntityState` wrote. */
export function decodeEntityState(bytes: Uint8Array): { profile: EntityProfile; windows: Uint8Array } {
  try {
    const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
    const profile = profileSchema.parse(JSON.parse(decoder.decode(bytes.subarray(4, 4 + length))));
    return { profile, windows: bytes.slice(4 + length) };
  } catch (cause) {
    throw new PalisadeError(
      'RECORD_UNREADABLE',
      'Cannot read a snapshot as it is damaged. It is rebuilt from its stream.',
      {
        cause,
      },
    );
  }
}
