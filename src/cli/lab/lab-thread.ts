import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { stepBack } from '../../adapters/system/thread-priority.ts';
import type { BacktestResult } from '../../domain/backtest-result.ts';
import type { Position } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import type { EntityHistory, HistoryQuery } from '../../ports/laboratory.ts';
import { Backtest } from '../../runtime/lab/backtest.ts';
import { entityHistory } from '../../runtime/lab/entity-history.ts';
import { explainDecision } from '../../runtime/lab/explain.ts';
import { type LogReads, publishedText, rulesetOf } from '../../runtime/lab/past-world.ts';
import { Shadow } from '../../runtime/lab/shadow.ts';
import { ACTOR_DEFINITIONS } from '../entity-actors.ts';
import { errorImageOf, errorOfImage } from '../projections/projection-messages.ts';
import type { FromLab, LabQuestion, LabRead, ToLab } from './lab-messages.ts';

/** Few at a time: they pass the thread that decides. */
const PAGE_RECORDS = 256;
/** How often a shadow that has seen everything looks for more. */
const LOOK_MS = 200;

type Waiting = {
  readonly resolve: (records: readonly StoredRecord[]) => void;
  readonly reject: (error: Error) => void;
};

type ShadowReport = { readonly result: BacktestResult; readonly position: Position };

/** The laboratory on a thread of its own: rebuilding an actor of many events is paid here, not where decisions are. */
class LabThread {
  readonly #post: (message: FromLab) => void;
  readonly #reads = new Map<number, Waiting>();
  #nextId = 1;
  #shadow: Shadow | null = null;
  #shadowPosition: Position = 0;
  #shadowFailure: Error | null = null;

  constructor(post: (message: FromLab) => void) {
    this.#post = post;
  }

  take(message: ToLab): void {
    if (message.kind === 'question') {
      this.#answer(message.question).then(
        (answer) => this.#post({ kind: 'answer', id: message.id, answer }),
        (error: unknown) => this.#post({ kind: 'fault', id: message.id, error: errorImageOf(error) }),
      );
      return;
    }
    const waiting = this.#reads.get(message.id);
    this.#reads.delete(message.id);
    if (message.kind === 'read') waiting?.resolve(message.records);
    else waiting?.reject(errorOfImage(message.error));
  }

  async #answer(question: LabQuestion): Promise<unknown> {
    switch (question.about) {
      case 'explanation':
        return explainDecision(this.#log, ACTOR_DEFINITIONS, question.transactionId);
      case 'history':
        return this.#history(question.query);
      case 'backtest':
        return this.#backtest(question.text, question.endPosition);
      case 'shadow':
        return this.#startShadow(question.text, question.afterPosition);
      case 'report':
        return this.#report();
    }
  }

  async #history({ rulesetVersion, ...query }: HistoryQuery): Promise<EntityHistory | null> {
    const text = await publishedText(this.#log, rulesetVersion, Number.MAX_SAFE_INTEGER);
    return text === null ? null : entityHistory(this.#log, ACTOR_DEFINITIONS, { ...query, text });
  }

  async #backtest(text: string, endPosition: Position): Promise<BacktestResult> {
    stepBack();
    const backtest = new Backtest(rulesetOf(text), ACTOR_DEFINITIONS);
    let position = 0;
    let page = this.#log.readAll(position, PAGE_RECORDS);
    for (let records = await page; position < endPosition && records.length > 0; records = await page) {
      position = records.at(-1)?.position ?? position;
      // The next page is on its way while this one is decided.
      page = this.#log.readAll(position, PAGE_RECORDS);
      for (const record of records) if (record.position <= endPosition) backtest.take(record);
      this.#post({ kind: 'progress', position: Math.min(position, endPosition) });
    }
    return backtest.result();
  }

  async #startShadow(text: string, after: Position): Promise<null> {
    stepBack();
    this.#shadow = await Shadow.open(this.#log, ACTOR_DEFINITIONS, rulesetOf(text), after);
    this.#shadowPosition = after;
    void this.#follow(this.#shadow).catch((error: unknown) => {
      this.#shadowFailure = error instanceof Error ? error : new Error(String(error));
    });
    return null;
  }

  async #follow(shadow: Shadow): Promise<never> {
    for (;;) {
      const records = await this.#log.readAll(this.#shadowPosition, PAGE_RECORDS);
      for (const record of records) {
        await shadow.take(record);
        this.#shadowPosition = record.position;
      }
      if (records.length < PAGE_RECORDS) await sleep(LOOK_MS);
    }
  }

  #report(): ShadowReport {
    if (this.#shadowFailure !== null) throw this.#shadowFailure;
    if (this.#shadow !== null) return { result: this.#shadow.result(), position: this.#shadowPosition };
    throw new PalisadeError('ENGINE_INTERNAL', 'Cannot tell of a shadow as none was begun on this thread.');
  }

  readonly #log: LogReads = {
    readStream: (stream, from, maxCount) => this.#read({ method: 'readStream', stream, from, maxCount }),
    readAll: (after, maxCount) => this.#read({ method: 'readAll', after, maxCount }),
    readRecord: async (recordId) => (await this.#read({ method: 'readRecord', recordId }))[0] ?? null,
  };

  #read(read: LabRead): Promise<readonly StoredRecord[]> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#reads.set(id, { resolve, reject });
      this.#post({ kind: 'read', id, read });
    });
  }
}

function serve(port: NonNullable<typeof parentPort>): void {
  const thread = new LabThread((message) => port.postMessage(message));
  port.on('message', (message: ToLab) => thread.take(message));
}

if (parentPort === null) throw new Error('The laboratory runs on a worker thread: call startLaboratory.');
serve(parentPort);
