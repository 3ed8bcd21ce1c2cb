import { useState } from 'preact/hooks';

/** Something that a person asks for, which may fail. */
export type Action = {
  /** Does it, unless it is being done; what it throws is the error. */
  readonly run: (work: () => Promise<unknown>) => Promise<void>;
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly clear: () => void;
};

/** State of what a part of a page is asked to do. */
export function useAction(): Action {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const run = async (work: () => Promise<unknown>): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    try {
      await work();
      setError(null);
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    } finally {
      setBusy(false);
    }
  };
  return { run, isBusy, error, clear: () => setError(null) };
}
