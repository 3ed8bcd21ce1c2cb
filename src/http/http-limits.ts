import type { AdmissionLimits } from './admission.ts';

/** Bounds and times of the HTTP door that an operator may set. Sizes in bytes, times in ms. */
export type HttpLimits = {
  readonly headerBytesMax: number;
  readonly connectionsMax: number;
  /** Requests on one connection before it is closed, so that a load balancer can spread clients anew. */
  readonly requestsPerSocketMax: number;
  /** From the first byte of a request until its headers, and until its body, are complete. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How often the two timeouts are looked at. */
  readonly checkIntervalMs: number;
  /** Longer than the 60 s after which common load balancers close an idle connection, so that they do it first. */
  readonly keepAliveTimeoutMs: number;
  /** From the begin of a shutdown until new connections are refused: the time in which balancers notice. */
  readonly drainGraceMs: number;
  /** Without anything under way for this long after that, what is still connected is cut. */
  readonly drainQuietMs: number;
  /** After this long in all, connections are cut whatever is under way. */
  readonly drainTimeoutMs: number;
  readonly admission: AdmissionLimits;
};

/** The bounds that hold where nothing else is said; those of admission follow the deadline of the caller, ms. */
export function defaultHttpLimits(defaultDeadlineMs: number): HttpLimits {
  return {
    headerBytesMax: 16 * 1024,
    connectionsMax: 10_000,
    requestsPerSocketMax: 100_000,
    headersTimeoutMs: 5_000,
    requestTimeoutMs: 10_000,
    checkIntervalMs: 1_000,
    keepAliveTimeoutMs: 72_000,
    drainGraceMs: 2_000,
    drainQuietMs: 1_000,
    drainTimeoutMs: 20_000,
    admission: {
      targetMs: defaultDeadlineMs / 2,
      intervalMs: 500,
      sampleMs: 20,
      delayMsMax: defaultDeadlineMs * 2,
      inFlightMax: 4_096,
    },
  };
}
