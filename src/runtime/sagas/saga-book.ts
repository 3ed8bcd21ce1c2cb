import type { SagaState } from '../../domain/saga-state.ts';
import type { SagaRow } from '../../ports/saga-index.ts';
import { BinaryHeap } from './binary-heap.ts';
import { SagaHandle } from './saga-handle.ts';

type Deadline = { readonly handle: SagaHandle; readonly version: number; readonly atMs: number };

/** The open sagas of one process: found by kind and id, by deadline, and bounded in how many have their state here. */
export class SagaBook {
  readonly #handles = new Map<string, SagaHandle>();
  readonly #deadlines = new BinaryHeap<Deadline>((left, right) => left.atMs < right.atMs);
  readonly #residents = new Set<SagaHandle>();
  readonly #residentMax: number;

  constructor(residentMax: number) {
    this.#residentMax = residentMax;
  }

  get size(): number {
    return this.#handles.size;
  }

  get residentCount(): number {
    return this.#residents.size;
  }

  handles(): Iterable<SagaHandle> {
    return this.#handles.values();
  }

  find(kind: string, id: string): SagaHandle | undefined {
    return this.#handles.get(`${kind}\n${id}`);
  }

  acquire(kind: string, id: string): SagaHandle {
    const known = this.find(kind, id);
    if (known !== undefined) return known;
    const handle = new SagaHandle(kind, id, null);
    this.#handles.set(`${kind}\n${id}`, handle);
    return handle;
  }

  /** Takes a row over as how the saga stands. */
  put(row: SagaRow): SagaHandle {
    const handle = this.acquire(row.kind, row.id);
    handle.row = row;
    return handle;
  }

  /** Forgets a saga that is at its end and for which nothing waits. */
  release(handle: SagaHandle): void {
    if (handle.isBusy || handle.queue.length > 0 || handle.row?.isOpen === true) return;
    handle.dueVersion += 1;
    this.#residents.delete(handle);
    this.#handles.delete(`${handle.kind}\n${handle.id}`);
  }

  /** Keeps the state of a saga in memory, and lets the one that was used longest ago go. */
  keep(handle: SagaHandle, state: SagaState): void {
    handle.state = state;
    this.#residents.delete(handle);
    this.#residents.add(handle);
    if (this.#residents.size <= this.#residentMax) return;
    for (const oldest of this.#residents) {
      if (oldest.isBusy) continue;
      this.#residents.delete(oldest);
      oldest.state = null;
      return;
    }
  }

  /** Sets when something of a saga is next due, replacing what was set before; null for nothing. */
  schedule(handle: SagaHandle, atMs: number | null): void {
    if (handle.dueAtMs === atMs) return;
    handle.dueAtMs = atMs;
    handle.dueVersion += 1;
    if (atMs !== null) this.#deadlines.push({ handle, version: handle.dueVersion, atMs });
  }

  /** The next deadline, ms since the epoch; infinite where there is none. */
  nextDueMs(): number {
    for (let next = this.#deadlines.peek(); next !== undefined; next = this.#deadlines.peek()) {
      if (next.version === next.handle.dueVersion) return next.atMs;
      this.#deadlines.pop();
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Takes out one saga whose deadline has passed, or null. */
  takeDue(nowMs: number): SagaHandle | null {
    if (this.nextDueMs() > nowMs) return null;
    const due = this.#deadlines.pop()?.handle ?? null;
    if (due !== null) due.dueAtMs = null;
    return due;
  }
}
