import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export type Answer = { readonly status: number; readonly body: string };

const READ_TRIES_MAX = 600;
const READ_PAUSE_MS = 200;

/** A plain HTTP client over a pool of connections; rejects where the connection fails. */
export class RigClient {
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 512 });
  readonly #base: URL;

  constructor(url: string) {
    this.#base = new URL(url);
  }

  post(path: string, body: string, headers: http.OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.#send('POST', path, body, headers);
  }

  /** Reads, and again where the read is shed. */
  async get(path: string): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      const answer = await this.#send('GET', path, null, {});
      if (answer.status !== 503 || tries === READ_TRIES_MAX) return answer;
      await sleep(READ_PAUSE_MS);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body: string | null, more: http.OutgoingHttpHeaders): Promise<Answer> {
    const headers = body === null ? {} : { 'content-type': 'application/json', 'x-deadline-ms': '60000', ...more };
    const { hostname, port } = this.#base;
    return new Promise((resolve, reject) => {
      const request = http.request({ agent: this.#agent, hostname, port, method, path, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(body ?? undefined);
    });
  }
}
