import type { Writable } from 'node:stream';
import { PalisadeError } from '../domain/errors.ts';

const BUFFER_CHARACTERS = 64 * 1024;

/** Writes lines to a file or a pipe, in large pieces and no faster than it takes them. */
export class LineWriter {
  readonly #out: Writable;
  readonly #name: string;
  #buffer = '';
  #closed = false;

  /** `name` is what messages call the output. */
  constructor(out: Writable, name: string) {
    this.#out = out;
    this.#name = name;
    // Write errors come back to `flush`; without a listener the event would end the process first.
    out.on('error', () => {});
  }

  /** Whether the reader of the pipe has gone, as `head` does: nothing more is written, and that is no error. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Takes a text that ends its line; answers whether it is time to await `flush`. */
  add(line: string): boolean {
    this.#buffer += line;
    return this.#buffer.length >= BUFFER_CHARACTERS;
  }

  /** Resolves when all was handed over. Rejects with INPUT_FILE on a write error. */
  async flush(): Promise<void> {
    const piece = this.#buffer;
    this.#buffer = '';
    if (piece === '' || this.#closed) return;
    const error = await new Promise<Error | null | undefined>((resolve) => {
      this.#out.write(piece, resolve);
    });
    if (error === null || error === undefined) return;
    this.#closed = true;
    if ('code' in error && error.code === 'EPIPE') return;
    throw new PalisadeError(
      'INPUT_FILE',
      `Cannot write ${this.#name} as ${error.message}. Pass another path by --out.`,
      {
        cause: error,
      },
    );
  }
}
