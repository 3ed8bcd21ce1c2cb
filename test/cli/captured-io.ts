import { Writable } from 'node:stream';
import type { CliIo, Terminal } from '../../src/cli/command.ts';

/** Streams that keep what is written, in the place of those of the process. */
export type CapturedIo = { readonly io: CliIo; stdout(): string; stderr(): string };

function capture(isTTY: boolean): { stream: Terminal; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), text: () => Buffer.concat(chunks).toString('utf8') };
}

async function* inputOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** Makes captured streams; `stdin` is what the command can read. It is never interrupted. */
export function captureIo(options: { stdin?: string; isTTY?: boolean } = {}): CapturedIo {
  const stdout = capture(options.isTTY ?? false);
  const stderr = capture(options.isTTY ?? false);
  const io: CliIo = {
    stdin: inputOf(options.stdin ?? ''),
    stdout: stdout.stream,
    stderr: stderr.stream,
    interrupted: () => new Promise(() => {}),
  };
  return { io, stdout: stdout.text, stderr: stderr.text };
}
