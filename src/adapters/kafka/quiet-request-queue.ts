import { createRequire } from 'node:module';

/** The part of a connection's queue that is mended; kafkajs has no types for it. */
type RequestQueue = {
  /** Requests that wait to be sent. */
  readonly pending: readonly unknown[];
  /** Time until which the broker asked for silence, ms since 1970; -1 where it did not. */
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
};

const INNER_MODULE = 'kafkajs/src/network/requestQueue/index.js';

let isQuiet = false;

/**
 * Keeps connections of kafkajs 2.2.4 from waking the process every millisecond for ever: after each answer their queue
 * of requests sets a timer for a time that is past, which comes at once and sets the next (kafkajs issue 1751; Node 24
 * warns of the negative timeout). A queue that neither waits nor is throttled needs no timer: the next answer looks at
 * it. Call it before the first connection; once is enough.
 */
export function quietRequestQueues(): void {
  if (isQuiet) return;
  isQuiet = true;
  const { prototype }: { readonly prototype: RequestQueue } = createRequire(import.meta.url)(INNER_MODULE);
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function scheduleWhereNeeded(): void {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
}
