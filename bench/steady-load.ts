import { HttpConnections } from './http-connections.ts';

/** Times of the requests of a run that were answered, ms, and how many were shed (503). */
export type SteadyRun = { readonly timesMs: number[]; readonly shedCount: number };

/**
 * Sends payments at a steady rate, whether or not the answers keep up (open loop): each when it is due, and timed from
 * then, so that waiting for a connection or behind another counts (Tene: coordinated omission).
 */
export class SteadyLoad {
  readonly #connections: HttpConnections;

  constructor(url: string, connections: number) {
    this.#connections = new HttpConnections(url, connections);
  }

  /** Sends `count` payments and waits for every answer. Rejects where one is neither a decision nor a 503. */
  async run(count: number, ratePerS: number, textOf: (index: number) => string): Promise<SteadyRun> {
    const startMs = performance.now();
    const timesMs: number[] = [];
    const answers: Promise<void>[] = [];
    let shedCount = 0;
    for (let index = 0; index < count; index++) {
      const dueMs = startMs + (index * 1000) / ratePerS;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const answer = this.#connections.post('/v1/authorizations', textOf(index)).then((status) => {
        if (status === 503) shedCount += 1;
        else if (status === 200) timesMs.push(performance.now() - dueMs);
        else throw new Error(`A payment was answered with ${status}`);
      });
      answers.push(answer);
    }
    await Promise.all(answers);
    return { timesMs, shedCount };
  }

  close(): void {
    this.#connections.close();
  }
}
