import { PalisadeError } from '../../src/domain/errors.ts';
import type { DutyEntry, DutyRegister } from '../../src/ports/event-log.ts';

/** A register in memory, which can be made not to answer. */
export class MemoryRegister implements DutyRegister {
  revision = -1;
  entry: DutyEntry | null = null;
  isAway = false;

  async read(): Promise<{ readonly revision: number; readonly entry: DutyEntry } | null> {
    this.#answer();
    return this.entry === null ? null : { revision: this.revision, entry: this.entry };
  }

  async write(entry: DutyEntry, expectedRevision: number): Promise<number> {
    this.#answer();
    if (expectedRevision !== this.revision) {
      throw new PalisadeError('LOG_REVISION_CONFLICT', `Cannot write as the register is at ${this.revision}. Read it.`);
    }
    this.entry = entry;
    this.revision += 1;
    return this.revision;
  }

  #answer(): void {
    if (this.isAway) throw new PalisadeError('LOG_UNAVAILABLE', 'Cannot reach the register. Try again.');
  }
}
