/** What the reading thread is to do. */
export type ReadLoad = {
  readonly url: string;
  readonly seconds: number;
  readonly readsPerS: number;
  readonly cards: number;
  readonly connections: number;
};
