import { signal } from '@preact/signals';
import { pause } from '../platform.ts';
import { ApiProblem, call, withQuery } from './api-call.ts';
import { EventReader } from './event-text.ts';

const RETRY_MS = [500, 1_000, 2_000, 5_000] as const;
/** The stream says something each 10 s; this long without a word means that the connection is dead. */
const SILENCE_MS_MAX = 25_000;

/** How the page hears of what happens. */
export const streamState = signal<'off' | 'live' | 'reconnecting'>('off');

/**
 * Follows the stream of what happens until the signal aborts, and connects again, after the last event that it had,
 * whenever it breaks. `EventSource` cannot send a key, so the body of a call is read.
 */
export async function followStream(
  types: string,
  onEvent: (type: string, data: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let position = '';
  let failures = 0;
  const heard = (): void => {
    failures = 0;
    streamState.value = 'live';
  };
  while (!signal.aborted) {
    try {
      await readOnce(withQuery('/v1/stream', { types, after: position }), signal, (id, type, data) => {
        if (id !== '') position = id;
        heard();
        if (type !== 'position') onEvent(type, data);
      });
    } catch (error) {
      // A key is asked for by whoever else calls; a stream that may not be read is not asked for again and again.
      if (error instanceof ApiProblem && error.status >= 400 && error.status < 429) break;
    }
    if (signal.aborted) break;
    streamState.value = 'reconnecting';
    await pause(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? 5_000, signal);
  }
  streamState.value = 'off';
}

async function readOnce(
  path: string,
  signal: AbortSignal,
  onEvent: (id: string, type: string, data: string) => void,
): Promise<void> {
  const attempt = new AbortController();
  const together = AbortSignal.any([signal, attempt.signal]);
  const response = await call(path, { signal: together });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  const events = new EventReader();
  while (true) {
    const silence = new AbortController();
    void pause(SILENCE_MS_MAX, silence.signal).then(() => silence.signal.aborted || attempt.abort());
    const { done, value } = await reader.read().finally(() => silence.abort());
    if (done) return;
    for (const { id, type, data } of events.push(value)) onEvent(id, type, data);
  }
}
