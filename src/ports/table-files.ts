/** What a column of a file holds. A time is a number of ms since 1970 UTC. */
export type FileColumnType = 'number' | 'text' | 'flag' | 'time';

export type FileColumn = { readonly name: string; readonly type: FileColumnType };

/** A value in a file; null where there is none. */
export type FileValue = number | string | boolean | null;

/** One row of a file, by column. */
export type FileRow = Readonly<Record<string, FileValue>>;

/** A format of files that hold tables. */
export interface TableFormat {
  /** Ending of the names of its files, without the dot. */
  readonly extension: string;
  /** The bytes of a file. The same rows give the same bytes. */
  encode(columns: readonly FileColumn[], rows: readonly FileRow[]): Uint8Array;
}

/** Where files are kept, by a path with slashes. Both methods may be repeated. Errors: OUTPUT_FAILED. */
export interface FileStore {
  /** Writes a whole file in place of the one before; no reader sees half of it. */
  put(path: string, bytes: Uint8Array): Promise<void>;
  /** Removes a file; one that is not there is no error. */
  remove(path: string): Promise<void>;
}
