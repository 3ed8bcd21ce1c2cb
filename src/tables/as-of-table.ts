import { NO_STREAM, type Revision } from '../domain/entities.ts';
import type { RowValues, RowVersion, TableRows, TableSpec } from '../domain/tables.ts';

/** Place after every version that is not newer than an event time, in versions that are in order. O(log n). */
function placeAfter(versions: readonly RowVersion[], atMs: number): number {
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((versions[middle]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A table of reference data with its past: every version of every row, read as of an event time. Of two versions with
 * one time the later in the log counts.
 *
 * The past goes back `keepMs` from the newest row; a reading from before that sees the table as it was then. Of what is
 * older only the newest version of each key is kept, which is all that such a reading needs, so that what is read hangs
 * on the rows alone and not on the order in which they came.
 */
export class AsOfTable implements TableRows {
  readonly spec: TableSpec;
  readonly #histories = new Map<string, RowVersion[]>();
  #revision: Revision = NO_STREAM;
  #newestMs = 0;
  #sweptToMs = 0;
  #versionCount = 0;
  #rowCount = 0;

  constructor(spec: TableSpec) {
    this.spec = spec;
  }

  get revision(): Revision {
    return this.#revision;
  }

  /** Event time of the newest row, ms; 0 before the first. */
  get newestMs(): number {
    return this.#newestMs;
  }

  /** Versions of rows in memory, removals too. */
  get versionCount(): number {
    return this.#versionCount;
  }

  /** Keys that have a row as of the newest time. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Earliest event time that is told apart, ms. */
  get horizonMs(): number {
    return this.#newestMs - this.spec.keepMs;
  }

  rowAt(key: string, atMs: number): RowValues | null {
    return this.versionAt(key, atMs)?.values ?? null;
  }

  /** The version of a key as of an event time, which may say that the row was removed; null where there was none. */
  versionAt(key: string, atMs: number): RowVersion | null {
    const versions = this.#histories.get(key);
    if (versions === undefined) return null;
    const newest = versions[versions.length - 1];
    const fromMs = Math.max(atMs, this.horizonMs);
    if (newest !== undefined && newest.atMs <= fromMs) return newest;
    return versions[placeAfter(versions, fromMs) - 1] ?? null;
  }

  /**
   * Takes the next row of the table's stream, whatever its event time; null for values is a removal. O(log versions of
   * the key) for the newest row of a key, O(versions of the key) for a late one.
   */
  apply(key: string, version: RowVersion): void {
    this.#revision = version.revision;
    this.#newestMs = Math.max(this.#newestMs, version.atMs);
    let versions = this.#histories.get(key);
    if (versions === undefined) {
      versions = [];
      this.#histories.set(key, versions);
    }
    const hadRow = hasRow(versions);
    versions.splice(placeAfter(versions, version.atMs), 0, version);
    this.#versionCount += 1;
    this.#rowCount += hasRow(versions) - hadRow;
    this.#forget(versions);
  }

  /**
   * Forgets the versions that no reading needs any more, of every key. O(keys), and nothing where the horizon has not
   * moved by a sixty-fourth of what is kept since the last time.
   */
  sweep(): void {
    if (this.horizonMs - this.#sweptToMs < this.spec.keepMs / 64) return;
    this.#sweptToMs = this.horizonMs;
    for (const versions of this.#histories.values()) this.#forget(versions);
  }

  #forget(versions: RowVersion[]): void {
    if (versions.length < 2) return;
    const unneeded = placeAfter(versions, this.horizonMs) - 1;
    if (unneeded <= 0) return;
    versions.splice(0, unneeded);
    this.#versionCount -= unneeded;
  }
}

function hasRow(versions: readonly RowVersion[]): 0 | 1 {
  const newest = versions[versions.length - 1];
  return newest === undefined || newest.values === null ? 0 : 1;
}
