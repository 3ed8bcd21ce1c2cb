import process from 'node:process';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { GuardedQueries } from '../../adapters/sqlite/guarded-queries.ts';
import { type ErrorImage, errorImageOf } from '../projections/projection-messages.ts';

/** What the process is asked, one line of JSON each. */
export type SqlRequest =
  | { readonly about: 'query'; readonly sql: string; readonly rowsMax: number }
  | { readonly about: 'tables' };

/** What it says once it stands, and then what it answers, in the order of the requests. */
export type SqlReply = { readonly isReady: true } | { readonly answer: unknown } | { readonly error: ErrorImage };

const file = process.argv[2] ?? '';
new Worker(new URL('./memory-watch.ts', import.meta.url));
let queries: GuardedQueries | null = null;

say({ isReady: true });
const requests = createInterface({ input: process.stdin });
// The engine has ended.
requests.on('close', () => process.exit(0));
requests.on('line', (line) => {
  const request: SqlRequest = JSON.parse(line);
  say(replyTo(request));
});

function say(reply: SqlReply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

function replyTo(request: SqlRequest): SqlReply {
  try {
    queries ??= new GuardedQueries(file);
    return { answer: request.about === 'tables' ? queries.tables() : queries.query(request.sql, request.rowsMax) };
  } catch (error) {
    return { error: errorImageOf(error) };
  }
}
