import type { Position } from '../domain/entities.ts';

/** How far a follower of the log is: the last record that it is done with, by place and id. */
export type Checkpoint = { readonly position: Position; readonly recordId: string };

/** Where a follower keeps its checkpoint. */
export interface CheckpointStore {
  /** The checkpoint, or null where none was ever kept. Rejects with READ_STORE_FAILED where it cannot be read. */
  read(): Promise<Checkpoint | null>;
  /** Keeps it in the place of the one before; it survives a power cut once this resolves. */
  write(checkpoint: Checkpoint): Promise<void>;
}
