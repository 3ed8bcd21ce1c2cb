import { Worker } from 'node:worker_threads';
import type { EntityKind } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { CaseDetail, CasePage, CaseQuery } from '../../ports/cases.ts';
import type {
  AlertQuery,
  AlertRow,
  ConsoleReads,
  DecisionQuery,
  DecisionRow,
  EntityProfileRow,
  FeedPage,
  FeedQuery,
  LinkGraph,
  LinkQuery,
  Page,
  RuleReport,
  TimelineEntry,
  TimelineQuery,
  TrafficQuery,
  TrafficSeries,
} from '../../ports/console.ts';
import type { CaseReads } from '../../runtime/cases/case-desk.ts';
import { errorImageOf, errorOfImage } from '../projections/projection-messages.ts';
import type { ConsoleQuestion, FromConsole, ToConsole } from './console-messages.ts';

type Waiting = { readonly resolve: (answer: never) => void; readonly reject: (error: Error) => void };

/** The reads of analysts that run. */
export type RunningConsole = ConsoleReads & CaseReads & { close(): Promise<void> };

/** Starts the thread that reads for analysts from the file of the read store. */
export function startConsole(file: string): RunningConsole {
  return new ConsoleClient(file);
}

class ConsoleClient implements RunningConsole {
  readonly #worker: Worker;
  readonly #questions = new Map<number, Waiting>();
  readonly #closed = Promise.withResolvers<void>();
  #nextId = 1;
  #failure: PalisadeError | null = null;

  constructor(file: string) {
    this.#worker = new Worker(new URL('./console-thread.ts', import.meta.url), { workerData: { file } });
    this.#worker.on('message', (message: FromConsole) => this.#take(message));
    this.#worker.on('error', (error) => this.#fail(errorOfImage(errorImageOf(error))));
    this.#worker.on('exit', () => this.#closed.resolve());
  }

  decisions(query: DecisionQuery): Promise<Page<DecisionRow>> {
    return this.#ask({ about: 'decisions', query });
  }

  decision(transactionId: string): Promise<{ position: number; row: DecisionRow | null }> {
    return this.#ask({ about: 'decision', transactionId });
  }

  alerts(query: AlertQuery): Promise<Page<AlertRow>> {
    return this.#ask({ about: 'alerts', query });
  }

  timeline(query: TimelineQuery): Promise<Page<TimelineEntry>> {
    return this.#ask({ about: 'timeline', query });
  }

  entity(kind: EntityKind, id: string): Promise<{ position: number; profile: EntityProfileRow | null }> {
    return this.#ask({ about: 'entity', kind, id });
  }

  links(query: LinkQuery): Promise<LinkGraph> {
    return this.#ask({ about: 'links', query });
  }

  traffic(query: TrafficQuery): Promise<TrafficSeries> {
    return this.#ask({ about: 'traffic', query });
  }

  rules(rulesetVersion: string | null): Promise<RuleReport> {
    return this.#ask({ about: 'rules', rulesetVersion });
  }

  feed(query: FeedQuery): Promise<FeedPage> {
    return this.#ask({ about: 'feed', query });
  }

  cases(query: CaseQuery): Promise<CasePage> {
    return this.#ask({ about: 'cases', query });
  }

  case(caseId: string, nowMs: number): Promise<{ position: number; detail: CaseDetail | null }> {
    return this.#ask({ about: 'case', caseId, nowMs });
  }

  async close(): Promise<void> {
    this.#fail(stopped('they are shutting down'));
    const message: ToConsole = { kind: 'close' };
    this.#worker.postMessage(message);
    await this.#closed.promise;
    await this.#worker.terminate();
  }

  #take(message: FromConsole): void {
    if (message.kind === 'closed') {
      this.#closed.resolve();
      return;
    }
    const waiting = this.#questions.get(message.id);
    this.#questions.delete(message.id);
    if (waiting === undefined) return;
    if (message.kind === 'fault') waiting.reject(errorOfImage(message.error));
    else Reflect.apply(waiting.resolve, null, [message.answer]);
  }

  #ask<Answer>(question: ConsoleQuestion): Promise<Answer> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise<Answer>((resolve, reject) => {
      const id = this.#nextId++;
      this.#questions.set(id, { resolve, reject });
      const message: ToConsole = { kind: 'question', id, question };
      this.#worker.postMessage(message);
    });
  }

  #fail(error: PalisadeError): void {
    this.#failure ??= error;
    for (const waiting of this.#questions.values()) waiting.reject(this.#failure);
    this.#questions.clear();
  }
}

function stopped(reason: string): PalisadeError {
  return new PalisadeError('READ_STORE_FAILED', `Cannot read the projections as ${reason}. Try again later.`);
}
