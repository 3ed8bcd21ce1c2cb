import { z } from 'zod';
import { PalisadeError } from '../domain/errors.ts';
import type { EntityProfile } from '../domain/profile.ts';
import { NOTHING_STATED, statedFactsOf } from '../domain/stated-facts.ts';

/** Version of the profile's form; a snapshot of another form is not read but rebuilt from the stream. */
export const PROFILE_VERSION = 3;

function statementsOf<Value>(value: z.ZodType<Value>) {
  return z.strictObject({ times: z.array(z.number()), values: z.array(value), isCut: z.boolean() });
}

const profileSchema = z.strictObject({
  status: z.string(),
  firstSeenAtMs: z.number(),
  troubledAtMs: z.number(),
  fraudLabels: z.number(),
  /** Null where nothing was stated, as of most entities. */
  statements: z.nullable(
    z.strictObject({
      attributes: z.array(z.tuple([z.string(), statementsOf(z.union([z.string(), z.number(), z.boolean()]))])),
      homeCountry: statementsOf(z.string()),
      home: statementsOf(z.strictObject({ latitude: z.number(), longitude: z.number() })),
    }),
  ),
});

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Bytes of an entity's state: length of the profile (32 bits, little-endian), profile as JSON, windows as they are. */
export function encodeEntityState(profile: EntityProfile, windows: Uint8Array): Uint8Array {
  const { status, firstSeenAtMs, troubledAtMs, fraudLabels, stated } = profile;
  const { attributes, homeCountry, home } = stated.statements;
  const statements = stated === NOTHING_STATED ? null : { attributes: [...attributes], homeCountry, home };
  const head = encoder.encode(JSON.stringify({ status, firstSeenAtMs, troubledAtMs, fraudLabels, statements }));
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
    const head = profileSchema.parse(JSON.parse(decoder.decode(bytes.subarray(4, 4 + length))));
    const { statements, ...rest } = head;
    const stated =
      statements === null
        ? NOTHING_STATED
        : statedFactsOf({ ...statements, attributes: new Map(statements.attributes) });
    return { profile: { ...rest, stated }, windows: bytes.slice(4 + length) };
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
