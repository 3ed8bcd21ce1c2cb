import { Agent, type IncomingMessage, request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import type { ReadLoad } from './read-load.ts';

/** Reads a body to its end; fails where the status is not 200. */
function get(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage): void => {
      response.resume();
      response.once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`GET ${url} was answered ${String(response.statusCode)}`));
      });
    };
    request(url, { agent }, answered).once('error', reject).end();
  });
}

/** Reads features at a steady rate, whether or not the answers keep up; answers the time of each read, ms. */
async function readSteadily({ url, seconds, readsPerS, cards, connections }: ReadLoad): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  const reads: Promise<void>[] = [];
  const startMs = performance.now();
  for (let index = 0; index < readsPerS * seconds; index++) {
    const waitMs = startMs + (index * 1000) / readsPerS - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const sentMs = performance.now();
    const read = get(`${url}/v1/cards/card-${(index * 7919) % cards}`, agent);
    reads.push(read.then(() => void times.push(performance.now() - sentMs)));
  }
  await Promise.all(reads);
  agent.destroy();
  return times;
}

parentPort?.postMessage(await readSteadily(workerData));
