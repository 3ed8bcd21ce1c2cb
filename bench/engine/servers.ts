import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export type ServerUnderTest = { readonly url: string; readonly readyMs: number; stop(): Promise<void> };

const READY = /answers at (http:\/\/\S+?) /;

/** Starts a script as a process and waits for the line with its address; `readyMs` is the time that took. */
export async function startServerUnderTest(script: URL, args: readonly string[]): Promise<ServerUnderTest> {
  const startMs = performance.now();
  const child: ChildProcess = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', fileURLToPath(script), ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  // A bench that dies leaves no server behind, which would hold the pipe that its output goes to.
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      output += String(chunk);
      const found = READY.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`The server ended with ${String(code)}: ${output}`)));
  });
  const readyMs = performance.now() - startMs;
  return {
    url,
    readyMs,
    stop: async () => {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Script of the engine's command line. */
export const PALISADE: URL = new URL('../../src/main.ts', import.meta.url);
export const ECHO: URL = new URL('./echo-server.ts', import.meta.url);
