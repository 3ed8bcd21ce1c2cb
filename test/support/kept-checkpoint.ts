import type { Checkpoint, CheckpointStore } from '../../src/ports/checkpoint-store.ts';

/** A checkpoint in memory. */
export class KeptCheckpoint implements CheckpointStore {
  kept: Checkpoint | null = null;

  async read(): Promise<Checkpoint | null> {
    return this.kept;
  }

  async write(checkpoint: Checkpoint): Promise<void> {
    this.kept = checkpoint;
  }

  /** What the next life finds; the last one writes to it no more. */
  afterCrash(): KeptCheckpoint {
    const next = new KeptCheckpoint();
    next.kept = this.kept;
    return next;
  }
}
