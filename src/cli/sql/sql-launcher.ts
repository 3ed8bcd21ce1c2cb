import process from 'node:process';
import { createInterface } from 'node:readline';
import { type ErrorImage, errorImageOf } from '../projections/projection-messages.ts';
import type { SqlRequest } from './sql-process.ts';
import { SqlRunner } from './sql-runner.ts';

/** What the launcher is told, one line of JSON each: `cancel` ends what nobody waits for any more. */
export type ToLauncher = { readonly id: number; readonly request: SqlRequest | 'cancel' };

/** What it answers, one for each request, as they end. */
export type FromLauncher =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: ErrorImage };

const [file = '', timeMsMax = ''] = process.argv.slice(2);
const runner = new SqlRunner(file, Number(timeMsMax));
const leaving = new Map<number, AbortController>();

// A process of its own, as it starts and ends those that run queries: to start one from a process of many hundred
// megabytes copies its page tables, and stops every thread of it meanwhile.
const lines = createInterface({ input: process.stdin });
// The engine has ended.
lines.on('close', () => {
  runner.close();
  process.exit(0);
});
lines.on('line', (line) => {
  const { id, request }: ToLauncher = JSON.parse(line);
  if (request === 'cancel') leaving.get(id)?.abort();
  else void run(id, request).then((reply) => process.stdout.write(`${JSON.stringify(reply)}\n`));
});

async function run(id: number, request: SqlRequest): Promise<FromLauncher> {
  const controller = new AbortController();
  leaving.set(id, controller);
  try {
    const isQuery = request.about === 'query';
    const answer = isQuery
      ? await runner.query(request.sql, request.rowsMax, controller.signal)
      : await runner.tables();
    return { id, answer };
  } catch (error) {
    return { id, error: errorImageOf(error) };
  } finally {
    leaving.delete(id);
  }
}
