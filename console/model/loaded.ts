import { useEffect, useRef, useState } from 'preact/hooks';
import { pause } from '../platform.ts';
import { apiKey } from './session.ts';

/** What a page has of something that it asks for. The last answer stays while a newer one is awaited. */
export type Loaded<Value> = {
  readonly value: Value | null;
  readonly error: Error | null;
  readonly isLoading: boolean;
  readonly reload: () => void;
};

/**
 * Asks for something when the page shows it, again whenever `key` changes, and each `everyMs` where that is above 0. An
 * answer to an older question is thrown away. Nothing is asked for while the tab is hidden.
 */
export function useLoaded<Value>(
  key: string,
  load: (signal: AbortSignal) => Promise<Value>,
  everyMs = 0,
): Loaded<Value> {
  const [state, setState] = useState<{ key: string; value: Value | null; error: Error | null; isLoading: boolean }>({
    key,
    value: null,
    error: null,
    isLoading: true,
  });
  const [turn, setTurn] = useState(0);
  const newest = useRef(load);
  newest.current = load;
  const secret = apiKey.value;
  useEffect(() => {
    const leaving = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const value = await newest.current(leaving.signal);
        if (!leaving.signal.aborted) setState({ key, value, error: null, isLoading: false });
      } catch (error) {
        const problem = error instanceof Error ? error : new Error(String(error));
        if (leaving.signal.aborted) return;
        setState((before) => ({ ...before, key, error: problem, isLoading: false }));
      }
    };
    const run = async (): Promise<void> => {
      setState((before) => ({ ...before, isLoading: true }));
      await ask();
      while (everyMs > 0 && !leaving.signal.aborted) {
        await pause(everyMs, leaving.signal);
        if (!leaving.signal.aborted && !document.hidden) await ask();
      }
    };
    void run();
    return () => leaving.abort();
  }, [key, everyMs, turn, secret]);
  const { value, error, isLoading } = state;
  return { value, error, isLoading, reload: () => setTurn((count) => count + 1) };
}
