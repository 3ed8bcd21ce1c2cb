/** What exactly one node of a cluster does for all: run the sagas, publish what the log says. */
export const DUTIES = ['sagas', 'publisher'] as const;
export type Duty = (typeof DUTIES)[number];
