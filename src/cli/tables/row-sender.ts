import type { TableRow } from '../../domain/events.ts';
import type { RetryingSender } from '../retrying-sender.ts';
import { refusalOf, unexpected } from './table-client.ts';

const PATH = '/v1/events';
const REFUSALS_KEPT = 5;
const STATUS_OK = 200;
const STATUS_BUSY = 503;

/** What became of one line of a batch. */
type LineAnswer = { readonly status: number; readonly repeated: boolean; readonly detail: string };

function readAnswer(line: string): LineAnswer {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null || !('status' in value)) throw new TypeError('no status');
  const problem = 'problem' in value && typeof value.problem === 'object' ? value.problem : null;
  return {
    status: Number(value.status),
    repeated: 'repeated' in value && value.repeated === true,
    detail: problem === null ? '' : problemText(problem),
  };
}

function problemText(problem: object): string {
  const detail = 'detail' in problem ? String(problem.detail) : '';
  if (!('errors' in problem) || !Array.isArray(problem.errors)) return detail;
  const [first]: unknown[] = problem.errors;
  if (typeof first !== 'object' || first === null || !('field' in first) || !('message' in first)) return detail;
  return `${String(first.field)} ${String(first.message)}. ${detail}`;
}

/** Sends batches of rows one after the other, and adds up what became of each row. */
export class RowSender {
  readonly #sender: RetryingSender;
  readonly #refusals: string[] = [];
  #recorded = 0;
  #repeated = 0;
  #refused = 0;

  constructor(sender: RetryingSender) {
    this.#sender = sender;
  }

  get recorded(): number {
    return this.#recorded;
  }

  get repeated(): number {
    return this.#repeated;
  }

  get refused(): number {
    return this.#refused;
  }

  get sent(): number {
    return this.#recorded + this.#repeated + this.#refused;
  }

  /** The first few refusals, each with the number of its row among those sent. */
  get refusals(): readonly string[] {
    return this.#refusals;
  }

  /**
   * Sends rows until each was recorded or refused for good: those from the first that the engine was too busy for are
   * sent again. Rejects with what keeps the engine from answering.
   */
  async send(rows: readonly TableRow[]): Promise<void> {
    let left = rows;
    let busyCount = 0;
    while (left.length > 0) {
      const body = `${left.map((row) => JSON.stringify(row)).join('\n')}\n`;
      const answer = await this.#sender.post(PATH, body, 'application/x-ndjson');
      if (answer.status !== STATUS_OK) throw refusalOf(PATH, answer);
      const lines = answer.body.trimEnd().split('\n');
      if (lines.length !== left.length) throw unexpected(PATH, new TypeError(`${lines.length} lines`));
      const busyAt = this.#take(lines);
      left = busyAt < 0 ? [] : left.slice(busyAt);
      busyCount = busyAt === 0 ? busyCount + 1 : 1;
      if (left.length > 0) await this.#sender.waitAsBusy(busyCount, lines[busyAt] ?? '');
    }
  }

  /** Place of the first row that the engine was too busy for, -1 where there is none. */
  #take(lines: readonly string[]): number {
    for (const [index, line] of lines.entries()) {
      let answer: LineAnswer;
      try {
        answer = readAnswer(line);
      } catch (cause) {
        throw unexpected(PATH, cause);
      }
      if (answer.status === STATUS_BUSY) return index;
      if (answer.status === STATUS_OK) {
        if (answer.repeated) this.#repeated += 1;
        else this.#recorded += 1;
        continue;
      }
      this.#refused += 1;
      if (this.#refusals.length < REFUSALS_KEPT) this.#refusals.push(`row ${this.sent}: ${answer.detail}`);
    }
    return -1;
  }
}
