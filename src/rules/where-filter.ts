import type { EventView } from '../domain/event-view.ts';
import { failureMessage } from './condition-checker.ts';
import { ConditionLanguage } from './condition-language.ts';
import { resolveEventPath } from './condition-paths.ts';
import { byPath, prefilterOf } from './prefilter.ts';
import { NO_EVENT } from './rule-context.ts';

/** Answers whether an event counts for a feature. */
export type WhereFilter = (event: EventView) => boolean;

let language: ConditionLanguage | null = null;

/** The language of filters: CEL over `event` alone. One is enough, as it depends on no ruleset. */
export function filterLanguage(): ConditionLanguage {
  language ??= new ConditionLanguage(null);
  return language;
}

/**
 * Compiles a feature filter that `parseRuleset` accepted. The filter never throws: an event for which it cannot be
 * evaluated counts, as a window that counts too much errs on the careful side, and `onFailure` is told each time.
 * Comparisons of fields with literals cost some nanoseconds, other conditions about 0.2 µs.
 */
export function compileWhere(where: string, onFailure: (message: string) => void): WhereFilter {
  const condition = filterLanguage().compile(where);
  if (!condition.ok) {
    return () => {
      onFailure(condition.message);
      return true;
    };
  }
  const prefilter = prefilterOf(condition.tree, byPath(resolveEventPath));
  if (prefilter?.isExact === true) return prefilter.test;
  const holder = { event: NO_EVENT };
  const scope = filterLanguage().eventScopeOf(holder);
  return (event) => {
    if (prefilter !== null && !prefilter.test(event)) return false;
    holder.event = event;
    try {
      const answer = condition.evaluate(scope);
      if (typeof answer === 'boolean') return answer;
      onFailure(`the filter is not true or false but ${String(answer)}`);
    } catch (error) {
      onFailure(failureMessage(error));
    }
    return true;
  };
}
