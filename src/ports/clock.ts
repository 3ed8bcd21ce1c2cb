export type TimerHandle = { cancel(): void };

/** Time as the engine knows it. Deadlines use the monotonic clock, facts the wall clock. */
export interface Clock {
  /** Wall clock, ms since the epoch. */
  nowMs(): number;
  /** Monotonic, ms with a fraction; only differences mean something. */
  monotonicMs(): number;
  /** Calls once after the delay; never keeps the process alive. */
  schedule(delayMs: number, callback: () => void): TimerHandle;
}
