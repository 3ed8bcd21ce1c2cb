import type { ServerResponse } from 'node:http';
import type { Clock } from '../ports/clock.ts';
import { type ConsoleReads, FEED_TYPES, type FeedType } from '../ports/console.ts';
import type { Projections } from '../ports/projections.ts';
import type { Activity } from './activity.ts';

/** How often is looked whether there is more, ms. */
const LOOK_MS = 200;
/** Silence after which the position is told, so that what stands in between keeps the connection, ms. */
const SILENCE_MS = 10_000;
/** Items of each type that one look takes. */
const PAGE_ITEMS = 500;

type StreamParts = {
  readonly console: ConsoleReads;
  readonly projections: Projections;
  readonly clock: Clock;
  readonly activity: Activity;
};

/**
 * Server-sent events for one caller, after the HTML standard. It reads pages of the projections on their own thread; a
 * caller who reads slowly is waited for, and what comes meanwhile is in the next page.
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #parts: StreamParts;
  readonly #types: readonly FeedType[];
  #position: number;
  #saidAtMs: number;
  #isOpen = true;

  constructor(response: ServerResponse, parts: StreamParts, types: readonly FeedType[], after: number) {
    this.#response = response;
    this.#parts = parts;
    this.#types = types.length === 0 ? FEED_TYPES : types;
    this.#position = after;
    this.#saidAtMs = parts.clock.monotonicMs();
    response.on('close', () => {
      this.#isOpen = false;
    });
  }

  /** Tells what comes until the caller leaves, the server shuts down, or the projections stop. Never rejects. */
  async run(): Promise<void> {
    const { activity } = this.#parts;
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    this.#response.write(`retry: 1000\nid: ${this.#position}\nevent: position\ndata: ${this.#position}\n\n`);
    try {
      while (this.#isOpen && !activity.draining) {
        const isMore = await this.#look();
        if (!isMore) await this.#pause(LOOK_MS);
      }
    } catch {
      // The caller connects again, and is told why by then.
    }
    this.#response.end();
  }

  /** Sends one page; answers whether there may be more at once. */
  async #look(): Promise<boolean> {
    const { projections, console, clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (projections.statistics().position <= this.#position) {
      if (nowMs - this.#saidAtMs >= SILENCE_MS) await this.#send(this.#positionText());
      return false;
    }
    const page = await console.feed({ after: this.#position, types: this.#types, limit: PAGE_ITEMS });
    let text = '';
    for (const [index, { position, type, data }] of page.items.entries()) {
      // Only the last of a position has the id: who is cut off before it gets all of them again.
      const id = page.items[index + 1]?.position === position ? '' : `id: ${position}\n`;
      text += `${id}event: ${type}\ndata: ${data}\n\n`;
    }
    const moved = page.position > this.#position;
    this.#position = Math.max(this.#position, page.position);
    if (text !== '') await this.#send(text);
    else if (nowMs - this.#saidAtMs >= SILENCE_MS) await this.#send(this.#positionText());
    return moved && page.items.length >= PAGE_ITEMS;
  }

  #positionText(): string {
    return `id: ${this.#position}\nevent: position\ndata: ${this.#position}\n\n`;
  }

  async #send(text: string): Promise<void> {
    this.#saidAtMs = this.#parts.clock.monotonicMs();
    if (this.#response.write(text)) return;
    await new Promise<void>((resolve) => {
      this.#response.once('drain', resolve);
      this.#response.once('close', resolve);
    });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.clock.schedule(ms, resolve);
    });
  }
}
