import type { SagaIndex, SagaIndexImage, SagaQuery, SagaRow } from '../../ports/saga-index.ts';

/** An index of sagas in memory, for tests and trials: outlives a runner, not the process. */
export class MemorySagaIndex implements SagaIndex {
  readonly #rows = new Map<string, SagaRow>();
  #position = 0;

  load(): Promise<SagaIndexImage> {
    return Promise.resolve({ position: this.#position, rows: this.#all().filter(({ isOpen }) => isOpen) });
  }

  save(position: number, rows: readonly SagaRow[]): Promise<void> {
    for (const row of rows) this.#rows.set(`${row.kind}\n${row.id}`, row);
    this.#position = position;
    return Promise.resolve();
  }

  find(query: SagaQuery): Promise<{ readonly total: number; readonly rows: readonly SagaRow[] }> {
    const { kind, status, id, isOpen, openedBeforeMs, offset, limit } = query;
    const found = this.#all().filter(
      (row) =>
        (kind === null || row.kind === kind) &&
        (status === null || row.status === status) &&
        (id === null || row.id === id) &&
        (isOpen === null || row.isOpen === isOpen) &&
        (openedBeforeMs === null || row.openedAtMs <= openedBeforeMs),
    );
    found.sort((left, right) => left.openedAtMs - right.openedAtMs || (left.id < right.id ? -1 : 1));
    return Promise.resolve({ total: found.length, rows: found.slice(offset, offset + limit) });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #all(): SagaRow[] {
    return [...this.#rows.values()];
  }
}
