/** What the checkers hold the engine to. */
export type InvariantName = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I8' | 'I9' | 'liveness' | 'errors' | 'success';

/** A promise of the engine that did not hold. */
export class InvariantViolation extends Error {
  readonly invariant: InvariantName;

  constructor(invariant: InvariantName, message: string) {
    super(`${invariant}: ${message}`);
    this.name = 'InvariantViolation';
    this.invariant = invariant;
  }
}

/** Throws a violation where a promise does not hold. */
export function hold(invariant: InvariantName, holds: boolean, message: () => string): void {
  if (!holds) throw new InvariantViolation(invariant, message());
}
