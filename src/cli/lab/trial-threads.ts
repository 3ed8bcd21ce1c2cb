import type { BacktestResult } from '../../domain/backtest-result.ts';
import type { Position } from '../../domain/entities.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { BacktestRun, ShadowRun, Trials } from '../../ports/ruleset-lab.ts';
import { LabThreadClient } from './lab-client.ts';

/** Runs of drafts over an open log, each on a thread of its own that steps back behind the one that decides. */
export function threadTrials(log: EventLog): Trials {
  return {
    backtest: (text, endPosition) => backtestOn(new LabThreadClient(log), text, endPosition),
    shadow: (text, afterPosition) => shadowOn(new LabThreadClient(log), text, afterPosition),
  };
}

function backtestOn(thread: LabThreadClient, text: string, endPosition: Position): BacktestRun {
  const done = thread.ask<BacktestResult>({ about: 'backtest', text, endPosition }).finally(() => void thread.close());
  return {
    done,
    progress: () => ({ position: thread.position, endPosition }),
    cancel: () => void thread.close(),
  };
}

function shadowOn(thread: LabThreadClient, text: string, afterPosition: Position): ShadowRun {
  const begun = thread.ask<null>({ about: 'shadow', text, afterPosition });
  // Whoever asks for a report hears why there is none.
  begun.catch(() => {});
  return {
    report: async () => {
      await begun;
      return thread.ask<{ readonly result: BacktestResult; readonly position: Position }>({ about: 'report' });
    },
    stop: () => void thread.close(),
  };
}
