import type { EventLog } from '../../../src/ports/event-log.ts';
import type { Trials } from '../../../src/ports/ruleset-lab.ts';
import { Backtest } from '../../../src/runtime/lab/backtest.ts';
import { rulesetOf } from '../../../src/runtime/lab/past-world.ts';
import { Shadow } from '../../../src/runtime/lab/shadow.ts';
import { ACTOR_DEFINITIONS } from '../../support/actor-definitions.ts';

/** Runs of drafts on the thread of the test. A backtest waits for `release`; a shadow looks when it is asked. */
export function localTrials(log: EventLog): Trials & { release(): void; readonly started: string[] } {
  const started: string[] = [];
  let gate = Promise.withResolvers<void>();
  return {
    started,
    release: () => {
      gate.resolve();
      gate = Promise.withResolvers<void>();
    },
    backtest: (text, endPosition) => {
      started.push('backtest');
      const ended = Promise.withResolvers<never>();
      const run = async () => {
        await gate.promise;
        const backtest = new Backtest(rulesetOf(text), ACTOR_DEFINITIONS);
        for (const record of await log.readAll(0, endPosition)) backtest.take(record);
        return backtest.result();
      };
      const cancel = (): void => ended.reject(new Error('cancelled'));
      return { done: Promise.race([run(), ended.promise]), progress: () => ({ position: 0, endPosition }), cancel };
    },
    shadow: (text, afterPosition) => {
      started.push(`shadow after ${afterPosition}`);
      const shadow = Shadow.open(log, ACTOR_DEFINITIONS, rulesetOf(text), afterPosition);
      let position = afterPosition;
      return {
        report: async () => {
          for (const record of await log.readAll(position, 10_000)) {
            await (await shadow).take(record);
            position = record.position;
          }
          return { result: (await shadow).result(), position };
        },
        stop: () => started.push('stop'),
      };
    },
  };
}
