import { defaultHttpLimits } from '../../src/http/http-limits.ts';

/** Bounds of admission for a server in the process of a test, which a slow machine keeps from serving for seconds. */
export const NEVER_SHED = defaultHttpLimits(3_600_000).admission;
