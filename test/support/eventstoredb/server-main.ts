import { startTestServer } from './test-server.ts';

/** Runs a test server as a process of its own: `server-main.ts PORT [FILE]`. Prints its URL when it answers. */
const [port = '0', file = ''] = process.argv.slice(2);
const server = await startTestServer({ port: Number(port), file: file === '' ? null : file });
process.stdout.write(`${server.url}\n`);
