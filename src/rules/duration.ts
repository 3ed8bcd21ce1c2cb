const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a duration as a ruleset writes it (`30s`, `5m`, `1h`, `7d`), or null where the text is none. */
export function parseDuration(text: string): number | null {
  const match = /^([1-9][0-9]{0,8})([smhd])$/.exec(text);
  const count = Number(match?.[1]);
  switch (match?.[2]) {
    case 's':
      return count * UNIT_MS.s;
    case 'm':
      return count * UNIT_MS.m;
    case 'h':
      return count * UNIT_MS.h;
    case 'd':
      return count * UNIT_MS.d;
    default:
      return null;
  }
}
