/** Velocity and geography windows of one entity: compile a plan once, then admit, read and settle each event. */
export type { AdmitResult } from './admit.ts';
export { ADMITTED_EXPIRED, ADMITTED_LATE, admit, reclassify, settle } from './admit.ts';
export { hashWindowContent } from './content-hash.ts';
export { setHome } from './geography.ts';
export type { Selector, WindowPlan } from './layout.ts';
export { compileWindowPlan } from './plan.ts';
export { featuresAt, latestTimeOf, readFeatures } from './read.ts';
export { decodeWindowState, encodeWindowState, hashWindowState } from './snapshot.ts';
export type { Observation, WindowState } from './state.ts';
export { createObservation, createWindowState } from './state.ts';
