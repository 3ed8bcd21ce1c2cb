import type { Writable } from 'node:stream';

/** An output stream, which may be a terminal. */
export type Terminal = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What a command may touch of its surroundings. */
export type CliIo = {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** Resolves when the user asks to stop: Ctrl-C or SIGTERM. */
  readonly interrupted: () => Promise<void>;
  /** Called by a command that stays, before it says that it is ready: all the code that it runs on is loaded. */
  readonly loaded?: () => void;
};

/** Exit codes of every command. */
export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** Runs a command with the arguments after its name; answers the exit code. Rejects as UsageError or PalisadeError. */
export type CommandRun = (args: readonly string[], io: CliIo) => Promise<number>;

/** The arguments make no sense; leads to exit code 2. The message reads as those of PalisadeError. */
export class UsageError extends Error {
  constructor(message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = 'UsageError';
  }
}
