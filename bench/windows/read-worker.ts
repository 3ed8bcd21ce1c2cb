import { parentPort, workerData } from 'node:worker_threads';
import { HttpConnections } from '../http-connections.ts';
import type { ReadKind, ReadLoad, ReadTimes } from './read-load.ts';

/** Reads at a steady rate, whether or not the answers keep up; counts those that were shed. */
async function readKind(load: ReadLoad, { paths, readsPerS }: ReadKind, connections: HttpConnections) {
  const timesMs: number[] = [];
  const reads: Promise<void>[] = [];
  let shedCount = 0;
  const startMs = performance.now();
  for (let index = 0; index < readsPerS * load.seconds; index++) {
    const waitMs = startMs + (index * 1000) / readsPerS - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const sentMs = performance.now();
    const path = paths[index % paths.length] ?? '/';
    const read = connections.get(path).then((status) => {
      if (status === 503) shedCount += 1;
      else if (status === 200) timesMs.push(performance.now() - sentMs);
      else throw new Error(`GET ${path} was answered ${status}`);
    });
    reads.push(read);
  }
  await Promise.all(reads);
  return { timesMs, shedCount };
}

async function readSteadily(load: ReadLoad): Promise<ReadTimes> {
  const connections = new HttpConnections(load.url, load.connections);
  const all = await Promise.all(load.reads.map((kind) => readKind(load, kind, connections)));
  connections.close();
  return {
    timesMs: Object.fromEntries(load.reads.map(({ name }, index) => [name, all[index]?.timesMs ?? []])),
    shedCount: all.reduce((sum, { shedCount }) => sum + shedCount, 0),
  };
}

parentPort?.postMessage(await readSteadily(workerData));
