import process from 'node:process';

/** Memory of the whole process, bytes: Node's own 60 MB, and room for a query to sort and to join. */
const RSS_BYTES_MAX = 384 * 1024 * 1024;
/** SQLite fills some tens of megabytes in this time. */
const LOOK_MS = 10;

// SQLite as Node builds it keeps no count of its memory, so that its own limits do nothing; and while a query runs the
// thread that runs it hears nothing. This one sees the whole process, and ends it.
// It also ends the process where the engine is gone: a query that nobody waits for would run on.
const engineId = process.ppid;
setInterval(() => {
  const isAlone = process.ppid !== engineId;
  if (isAlone || process.memoryUsage.rss() > RSS_BYTES_MAX) process.kill(process.pid, 'SIGKILL');
}, LOOK_MS);
