import { PalisadeError } from '../domain/errors.ts';
import type { FeatureSpec, WindowSpec } from '../domain/features.ts';
import { WINDOW_SIZE_MS_MAX } from '../domain/limits.ts';

/** A window as it is kept: a span that ends at the present, or a run of events. Times in ms. */
export type RangeSpec =
  | { readonly kind: 'span'; readonly sizeMs: number; readonly everyMs: number }
  | { readonly kind: 'run'; readonly gapMs: number };

/** Throws RULESET_INVALID about a feature. */
export function refuse(spec: FeatureSpec, reason: string, value: string | number, remedy: string): never {
  const name = `${spec.by}.${spec.name}`;
  throw new PalisadeError('RULESET_INVALID', `Cannot compile feature ${name} as ${reason}: ${value}. ${remedy}.`);
}

function checkTime(spec: FeatureSpec, what: string, timeMs: number, mostMs: number): void {
  if (Number.isSafeInteger(timeMs) && timeMs >= 1 && timeMs <= mostMs) return;
  refuse(
    spec,
    `the window ${what} is out of range`,
    timeMs,
    `Choose a whole number of milliseconds from 1 to ${mostMs}`,
  );
}

function rangeOfWindow(spec: FeatureSpec, window: WindowSpec): RangeSpec {
  switch (window.kind) {
    case 'sliding':
      checkTime(spec, 'size', window.sizeMs, WINDOW_SIZE_MS_MAX);
      return { kind: 'span', sizeMs: window.sizeMs, everyMs: 1 };
    case 'tumbling':
      checkTime(spec, 'size', window.sizeMs, WINDOW_SIZE_MS_MAX);
      return { kind: 'span', sizeMs: window.sizeMs, everyMs: window.sizeMs };
    case 'hopping':
      checkTime(spec, 'size', window.sizeMs, WINDOW_SIZE_MS_MAX);
      checkTime(spec, 'hop', window.everyMs, window.sizeMs);
      return { kind: 'span', sizeMs: window.sizeMs, everyMs: window.everyMs };
    case 'session':
      checkTime(spec, 'gap', window.gapMs, WINDOW_SIZE_MS_MAX);
      return { kind: 'run', gapMs: window.gapMs };
    case 'unbounded':
      return { kind: 'run', gapMs: Number.POSITIVE_INFINITY };
  }
}

/** How the window of a feature is kept. Throws RULESET_INVALID where it has none, or one with an impossible time. */
export function rangeOf(spec: FeatureSpec): RangeSpec {
  if (spec.window !== null) return rangeOfWindow(spec, spec.window);
  return refuse(spec, 'the aggregate needs a window', spec.aggregate.function, 'Give it a window such as sliding 1h');
}

/** Whether two windows are kept as one: a tumbling one, say, and one that hops by its whole size. */
export function isSameRange(left: RangeSpec, right: RangeSpec): boolean {
  if (left.kind === 'run') return right.kind === 'run' && left.gapMs === right.gapMs;
  return right.kind === 'span' && left.sizeMs === right.sizeMs && left.everyMs === right.everyMs;
}
