import type { EventTimeSpec } from '../domain/views.ts';
import { type FixedWindow, type Frame, frameAt, framesOf, hopsAround, paneStartOf } from './frame.ts';
import type { PaneGroup } from './pane-group.ts';

/** What an event does to the windows that hold it. */
export type TouchedFrames = {
  /** Windows that are over for good. */
  readonly closedCount: number;
  /** False where it comes too late for every one of them. */
  readonly isTaken: boolean;
  /** Windows that had closed, whose rows are to be corrected. */
  readonly corrected: readonly Frame[];
  /** Open windows whose rows are to be shown at once, where the view shows changes. */
  readonly shown: readonly Frame[];
};

type Closing = { readonly watermarkMs: number; readonly time: EventTimeSpec; readonly graceMs: number };

/** Sorts the windows that hold an event of a group by whether they are open. */
export function touchedFrames(window: FixedWindow, group: PaneGroup, atMs: number, closing: Closing): TouchedFrames {
  if (window.kind === 'hopping') return touchedHops(window, group, atMs, closing);
  const { watermarkMs, time, graceMs } = closing;
  const later = window.kind === 'sliding' ? startsBetween(group, atMs + 1, atMs + window.sizeMs) : [];
  const frames = framesOf(window, atMs, later);
  const taken = frames.filter(({ closesMs }) => watermarkMs < closesMs + graceMs);
  const isClosed = ({ closesMs }: Frame): boolean => watermarkMs >= closesMs + time.latenessMs;
  return {
    closedCount: frames.length - taken.length,
    isTaken: taken.length > 0,
    corrected: taken.filter(isClosed),
    shown: taken.filter((frame) => !isClosed(frame)),
  };
}

/**
 * Of the open hopping windows that hold an event, the one that began first has seen the most: it is shown at once, the
 * others when they are that for some event of the group, or when they close. So an event in order changes one row, and
 * one that is behind others one for each hop between; neither order nor restarts make a difference. O(hops behind).
 */
function touchedHops(
  window: Extract<FixedWindow, { kind: 'hopping' }>,
  group: PaneGroup,
  atMs: number,
  { watermarkMs, time, graceMs }: Closing,
): TouchedFrames {
  const { sizeMs, everyMs } = window;
  const { firstMs, lastMs } = hopsAround(window, atMs);
  /** The first of the windows whose end is later than a time. */
  const firstAfter = (ms: number): number => Math.max(firstMs, (Math.floor((ms - sizeMs) / everyMs) + 1) * everyMs);
  const takenFromMs = firstAfter(watermarkMs - graceMs);
  const openFromMs = firstAfter(watermarkMs - time.latenessMs);
  const corrected: Frame[] = [];
  for (let startMs = takenFromMs; startMs <= Math.min(lastMs, openFromMs - everyMs); startMs += everyMs) {
    corrected.push(frameAt(window, startMs));
  }
  const shown: Frame[] = [];
  let pane: number | undefined = paneStartOf(window, atMs);
  while (pane !== undefined) {
    const startMs: number = Math.max(hopsAround(window, pane).firstMs, openFromMs);
    if (startMs > lastMs) break;
    shown.push(frameAt(window, startMs));
    pane = group.panes[group.firstFrom(startMs + sizeMs)]?.startMs;
  }
  return {
    closedCount: (Math.min(takenFromMs, lastMs + everyMs) - firstMs) / everyMs,
    isTaken: takenFromMs <= lastMs,
    corrected,
    shown,
  };
}

/** Starts of the panes of a group from one time until before another. */
function startsBetween(group: PaneGroup, fromMs: number, untilMs: number): readonly number[] {
  return group.panes.slice(group.firstFrom(fromMs), group.firstFrom(untilMs)).map(({ startMs }) => startMs);
}
