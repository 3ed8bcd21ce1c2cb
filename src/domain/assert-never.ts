/** Marks a branch as impossible; a new union member makes the call a type error. Throws if reached all the same. */
export function assertNever(value: never): never {
  throw new Error(`Cannot continue as a case is not handled: current value is ${JSON.stringify(value)}`);
}
