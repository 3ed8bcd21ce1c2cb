import type { Terminal } from './command.ts';

const BAR_WIDTH = 28;
const REDRAW_MS = 100;
const LINE_MS = 5000;

function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** One bar of a fixed width for a share from 0 to 1. */
export function drawBar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`;
}

/** Shows how far a long task has come: a bar in place on a terminal, else a plain line every five seconds. */
export class ProgressBar {
  readonly #out: Terminal;
  readonly #title: string;
  readonly #startMs = performance.now();
  #shownMs: number;

  constructor(out: Terminal, title: string) {
    this.#out = out;
    this.#title = title;
    this.#shownMs = this.#startMs;
  }

  /** Called as often as one likes; draws at most ten times a second. `count` is what has been done so far. */
  update(share: number, count: number, note = ''): void {
    const nowMs = performance.now();
    const terminal = this.#out.isTTY === true;
    if (nowMs - this.#shownMs < (terminal ? REDRAW_MS : LINE_MS)) return;
    this.#shownMs = nowMs;
    const elapsedS = (nowMs - this.#startMs) / 1000;
    const rate = `${Math.round(count / elapsedS).toLocaleString('en-US')}/s`;
    const left = share > 0.005 ? `, ${duration((elapsedS * (1 - share)) / share)} left` : '';
    const text = `${count.toLocaleString('en-US')} at ${rate}${left}${note === '' ? '' : `, ${note}`}`;
    if (terminal) this.#out.write(`\r\u001b[2K${this.#title} ${drawBar(share)} ${Math.floor(share * 100)}% ${text}`);
    else this.#out.write(`${this.#title} ${Math.floor(share * 100)}% ${text}\n`);
  }

  /** Ends the bar: the terminal line is cleared, so that what comes next stands alone. */
  finish(): void {
    if (this.#out.isTTY === true) this.#out.write('\r\u001b[2K');
  }
}
