import { Agent, request } from 'node:http';

/** Times of the requests of a run that were answered, ms, and how many were shed (503). */
export type SteadyRun = { readonly timesMs: number[]; readonly shedCount: number };

/**
 * Sends payments at a steady rate, whether or not the answers keep up (open loop): each when it is due, and timed from
 * then, so that waiting for a connection or behind another counts (Tene: coordinated omission).
 */
export class SteadyLoad {
  readonly #agent: Agent;
  readonly #url: string;

  constructor(url: string, connections: number) {
    this.#url = `${url}/v1/authorizations`;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
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
      const answer = this.#send(textOf(index)).then((status) => {
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
    this.#agent.destroy();
  }

  /** Sends one payment and reads its answer to the end; answers the status. */
  #send(text: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
      const sent = request(this.#url, { method: 'POST', agent: this.#agent, headers }, (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
      });
      sent.once('error', reject).end(text);
    });
  }
}
