import type { WindowSpec } from '../domain/features.ts';

/** One window of a group: what it is called, which panes it is made of, and when it is over. All times in ms. */
export type Frame = {
  /** What `window_start` and `window_end` say. */
  readonly startMs: number;
  readonly endMs: number;
  /** Panes that start from here on, and before there. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** The watermark at which all of its events are thought to be there. */
  readonly closesMs: number;
  /** When the row happened, for a view that reads it. */
  readonly atMs: number;
};

/** The kinds of window whose panes do not move; sessions are merged instead. */
export type FixedWindow = Exclude<WindowSpec, { kind: 'session' }>;

/** Windows that begin before the ones before them have ended. */
export type HoppingWindow = Extract<WindowSpec, { kind: 'hopping' }>;

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}

/** How wide the panes are that hopping windows share. */
export function paneSizeOf({ sizeMs, everyMs }: HoppingWindow): number {
  return greatestCommonDivisor(sizeMs, everyMs);
}

/** Where the first and the last of the hopping windows start that hold an event time; the same within a pane. */
export function hopsAround({ sizeMs, everyMs }: HoppingWindow, atMs: number): { firstMs: number; lastMs: number } {
  return {
    firstMs: (Math.floor((atMs - sizeMs) / everyMs) + 1) * everyMs,
    lastMs: Math.floor(atMs / everyMs) * everyMs,
  };
}

/** Where the pane of an event time starts. */
export function paneStartOf(window: FixedWindow, atMs: number): number {
  switch (window.kind) {
    case 'tumbling':
      return Math.floor(atMs / window.sizeMs) * window.sizeMs;
    case 'hopping': {
      const paneMs = paneSizeOf(window);
      return Math.floor(atMs / paneMs) * paneMs;
    }
    case 'sliding':
      return atMs;
    case 'unbounded':
      return 0;
  }
}

/** The watermark at which no open window needs a pane any more. */
export function paneClosesMs(window: FixedWindow, startMs: number): number {
  switch (window.kind) {
    case 'tumbling':
    case 'sliding':
      return startMs + window.sizeMs;
    case 'hopping':
      return Math.floor(startMs / window.everyMs) * window.everyMs + window.sizeMs;
    case 'unbounded':
      return Number.POSITIVE_INFINITY;
  }
}

/** Size of a window, for what is computed by the second; NaN where it has none. */
export function windowMsOf(window: WindowSpec, frame: Frame): number {
  if (window.kind === 'unbounded') return Number.NaN;
  return window.kind === 'session' ? frame.endMs - frame.startMs : window.sizeMs;
}

/** The window [startMs, startMs + sizeMs). */
function halfOpen(startMs: number, sizeMs: number): Frame {
  const endMs = startMs + sizeMs;
  return { startMs, endMs, fromMs: startMs, untilMs: endMs, closesMs: endMs, atMs: endMs - 1 };
}

/** The window (endMs - sizeMs, endMs]. */
function endingAt(endMs: number, sizeMs: number): Frame {
  const startMs = endMs - sizeMs;
  return { startMs, endMs, fromMs: startMs + 1, untilMs: endMs + 1, closesMs: endMs + 1, atMs: endMs };
}

/** The window that is called by where it starts. */
export function frameAt(window: FixedWindow, startMs: number): Frame {
  switch (window.kind) {
    case 'tumbling':
    case 'hopping':
      return halfOpen(startMs, window.sizeMs);
    case 'sliding':
      return endingAt(startMs + window.sizeMs, window.sizeMs);
    case 'unbounded':
      return unbounded(0);
  }
}

/** The one window, which never ends; `atMs` is when it last changed. */
function unbounded(atMs: number): Frame {
  const forever = Number.POSITIVE_INFINITY;
  return { startMs: 0, endMs: 0, fromMs: 0, untilMs: forever, closesMs: forever, atMs };
}

/**
 * The windows that an event time belongs to, by rising start. `later` are the starts of the panes after it, by rising
 * time: a sliding window ends at each event.
 */
export function framesOf(
  window: Exclude<FixedWindow, HoppingWindow>,
  atMs: number,
  later: readonly number[],
): readonly Frame[] {
  switch (window.kind) {
    case 'tumbling':
      return [halfOpen(paneStartOf(window, atMs), window.sizeMs)];
    case 'sliding': {
      const { sizeMs } = window;
      const ends = later.filter((endMs) => endMs > atMs && endMs < atMs + sizeMs);
      return [atMs, ...ends].map((endMs) => endingAt(endMs, sizeMs));
    }
    case 'unbounded':
      return [unbounded(atMs)];
  }
}

/** The window of a run of events: it is over once the gap has passed after the last of them. */
export function sessionFrame(startMs: number, lastMs: number, gapMs: number): Frame {
  const endMs = lastMs + gapMs;
  return { startMs, endMs, fromMs: startMs, untilMs: startMs + 1, closesMs: endMs + 1, atMs: endMs };
}
