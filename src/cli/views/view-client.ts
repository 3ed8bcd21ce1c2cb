import { z } from 'zod';
import type { ReadingTransport } from '../http-transport.ts';
import { readJson, unexpected } from '../tables/table-client.ts';

const PAGE_SIZE = 1000;

const cell = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const row = z.record(z.string(), cell);
const viewPage = z.object({
  views: z.array(
    z.object({
      name: z.string(),
      window: z.string().nullable(),
      columns: z.array(z.object({ name: z.string(), type: z.enum(['number', 'text', 'flag']) })),
      version: z.string(),
      watermark: z.string().nullable(),
      retainMs: z.number(),
    }),
  ),
});
const rowPage = z.object({
  rows: z.array(row),
  nextCursor: z.string().nullable(),
  asOf: z.object({ lagEvents: z.number() }),
});
const changePage = z.object({
  changes: z.array(z.object({ sequence: z.number(), before: row.nullable(), after: row.nullable() })),
  next: z.number(),
});

/** What an export reads of a view's description. */
export type ExportedView = z.infer<typeof viewPage>['views'][number];
export type ExportedRow = z.infer<typeof row>;
export type RowPageOfView = z.infer<typeof rowPage>;
export type ChangeOfView = z.infer<typeof changePage>['changes'][number];

/** Reads a view of a running engine. Every method rejects with what the engine said, or ENGINE_NOT_READY. */
export class ViewClient {
  readonly #transport: ReadingTransport;
  readonly #name: string;

  constructor(transport: ReadingTransport, name: string) {
    this.#transport = transport;
    this.#name = name;
  }

  /** Every view that there is. */
  async views(): Promise<readonly ExportedView[]> {
    return (await this.#read('/v1/views', viewPage)).views;
  }

  /** Pages of rows, the newest window first; of windows that start at a time or later, and before another. */
  async *pages(fromMs: number | null, toMs: number | null): AsyncGenerator<RowPageOfView> {
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
      if (cursor !== null) query.set('cursor', cursor);
      if (fromMs !== null) query.set('from', new Date(fromMs).toISOString());
      if (toMs !== null) query.set('to', new Date(toMs).toISOString());
      const page: RowPageOfView = await this.#read(`${this.#path()}?${query}`, rowPage);
      yield page;
      cursor = page.nextCursor;
    } while (cursor !== null);
  }

  /** Pages of changes after a sequence, up to the newest. */
  async *changes(after: number): AsyncGenerator<readonly ChangeOfView[]> {
    let sequence = after;
    for (;;) {
      const path = `${this.#path()}/changes?after=${sequence}&limit=${PAGE_SIZE}`;
      const { changes, next } = await this.#read(path, changePage);
      if (changes.length > 0) yield changes;
      if (changes.length < PAGE_SIZE) return;
      sequence = next;
    }
  }

  #path(): string {
    return `/v1/views/${encodeURIComponent(this.#name)}`;
  }

  async #read<Value>(path: string, schema: z.ZodType<Value>): Promise<Value> {
    const parsed = schema.safeParse(await readJson(this.#transport, path));
    if (parsed.success) return parsed.data;
    throw unexpected(path, parsed.error);
  }
}
