/** Resolves after the event loop has once taken in what waited for it: data, connections, timers. */
export function nextLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
