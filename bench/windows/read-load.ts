/** What the reading thread is to do. */
export type ReadLoad = {
  readonly url: string;
  readonly seconds: number;
  /** What is read, and how often a second. */
  readonly reads: readonly ReadKind[];
  readonly connections: number;
};

/** Paths that are read one after the other, at a steady rate. */
export type ReadKind = { readonly name: string; readonly paths: readonly string[]; readonly readsPerS: number };

/** Times of the reads that were answered, ms, by kind; and how many were shed (503). */
export type ReadTimes = { readonly timesMs: Readonly<Record<string, readonly number[]>>; readonly shedCount: number };
