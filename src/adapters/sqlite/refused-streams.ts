import type { StreamName } from '../../domain/entities.ts';

/**
 * The streams of refused drafts whose refusal the caller does not know yet. What it appended to them meanwhile was
 * decided on top of a record that there is not, so it is refused too, even where the revision happens to fit.
 */
export class RefusedStreams {
  readonly #numberOfRefused = new Map<StreamName, number>();

  /** Marks the streams of the refused draft with this number, counted from 0 in the order of the calls. */
  add(streams: readonly StreamName[], draftNumber: number): void {
    for (const stream of streams) this.#numberOfRefused.set(stream, draftNumber);
  }

  /** Whether a draft, made when the first `answeredCount` drafts had been answered, came too early for a stream. */
  has(stream: StreamName, answeredCount: number): boolean {
    return this.#numberOfRefused.size > 0 && (this.#numberOfRefused.get(stream) ?? -1) >= answeredCount;
  }

  /** Drops the marks that no draft to come can meet. */
  forget(answeredCount: number): void {
    for (const [stream, draftNumber] of this.#numberOfRefused) {
      if (draftNumber < answeredCount) this.#numberOfRefused.delete(stream);
    }
  }
}
