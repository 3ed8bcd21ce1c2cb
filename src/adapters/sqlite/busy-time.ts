/** How long a connection waits for another one that holds its file, ms: none of this program holds one for long. */
export const BUSY_MS = 2000;
