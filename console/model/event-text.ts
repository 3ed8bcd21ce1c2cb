/** One server-sent event. `id` is '' where it has none. */
export type ServerEvent = { readonly id: string; readonly type: string; readonly data: string };

/**
 * Reads server-sent events out of the pieces that a body arrives in (HTML Living Standard, 9.2.6). An event that the
 * body breaks off in is not given.
 */
export class EventReader {
  #rest = '';
  #id = '';
  #type = '';
  #data: string[] = [];

  /** Takes a piece, and gives the events that end in it. */
  push(piece: string): ServerEvent[] {
    const text = this.#rest + piece;
    // A carriage return at the end may be the first half of a line end.
    const cut = text.endsWith('\r') ? text.length - 1 : text.length;
    const lines = text.slice(0, cut).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '') + text.slice(cut);
    const events: ServerEvent[] = [];
    for (const line of lines) {
      if (line !== '') this.#take(line);
      else this.#end(events);
    }
    return events;
  }

  #end(events: ServerEvent[]): void {
    if (this.#data.length > 0)
      events.push({ id: this.#id, type: this.#type || 'message', data: this.#data.join('\n') });
    this.#type = '';
    this.#data = [];
  }

  #take(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#type = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
  }
}
