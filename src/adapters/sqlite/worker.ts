import { parentPort, workerData } from 'node:worker_threads';
import { PalisadeError } from '../../domain/errors.ts';
import { openDatabase } from './database.ts';
import { EventStore } from './event-store.ts';
import { imageOf, type ReadReply, type ReadRequest, type WorkerReply, type WorkerRequest } from './messages.ts';
import { openFault, readFault, writeFault } from './sqlite-faults.ts';

/** Drafts per commit at most: those that came first do not wait for a long queue behind them. */
const COMMIT_DRAFTS = 1000;

/**
 * Serves one store: takes all that has come while the last commit ran, stores it in one transaction, then answers. Work
 * in the background comes after the answers, a slice at a time.
 */
class StoreServer {
  readonly #store: EventStore;
  readonly #post: (reply: WorkerReply) => void;
  readonly #queue: WorkerRequest[] = [];
  #isScheduled = false;
  #hasFailed = false;
  /** A read that the file did not give: ends the service once the commit before it is answered. */
  #fatal: PalisadeError | null = null;
  #draftCount = 0;
  #indexedDrafts = 0;
  #announced: number;

  constructor(store: EventStore, post: (reply: WorkerReply) => void) {
    this.#store = store;
    this.#post = post;
    this.#announced = store.index.generation;
    this.#schedule();
  }

  accept(request: WorkerRequest): void {
    this.#queue.push(request);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#run();
    });
  }

  #run(): void {
    const requests = this.#take();
    const isLast = requests.at(-1)?.isLast === true;
    try {
      if (!this.#hasFailed) this.#serve(requests);
    } catch (error) {
      this.#hasFailed = true;
      this.#post({ kind: 'failed', error: imageOf(writeFault('the event log', error)) });
    }
    if (isLast) this.#close();
    else if (this.#queue.length > 0 || (!this.#hasFailed && this.#store.hasBackgroundWork)) this.#schedule();
  }

  /** The requests of the next commit. */
  #take(): WorkerRequest[] {
    let draftCount = 0;
    let taken = 0;
    while (taken < this.#queue.length && draftCount < COMMIT_DRAFTS)
      draftCount += this.#queue[taken++]?.drafts.count ?? 0;
    return this.#queue.splice(0, taken);
  }

  #serve(requests: readonly WorkerRequest[]): void {
    const batches = requests.map(({ drafts }) => drafts).filter(({ count }) => count > 0);
    const commit = batches.length > 0 ? this.#store.commit(batches) : null;
    this.#draftCount += commit?.draftCount ?? 0;
    for (const { snapshots } of requests) for (const snapshot of snapshots) this.#store.putSnapshot(snapshot);
    const reads = requests.flatMap((request) => request.reads.map((read) => this.#read(read)));
    if (commit !== null || reads.length > 0) this.#post({ kind: 'done', commit, reads });
    if (this.#fatal !== null) throw this.#fatal;
    if (!this.#store.hasBackgroundWork) return;
    this.#store.workInBackground();
    this.#announceIndex();
  }

  #announceIndex(): void {
    const { index } = this.#store;
    if (index.generation === this.#announced) return;
    this.#announced = index.generation;
    if (index.tail.recordCount === 0) this.#indexedDrafts = this.#draftCount;
    this.#post({ kind: 'indexed', filters: index.filters, draftCount: this.#indexedDrafts });
  }

  #read(request: ReadRequest): ReadReply {
    try {
      return this.#answer(request);
    } catch (error) {
      const fault = readFault('the event log', error);
      if (fault.code === 'LOG_FAILED') this.#fatal = fault;
      return { kind: 'refused', error: imageOf(fault) };
    }
  }

  #answer(request: ReadRequest): ReadReply {
    const store = this.#store;
    if (request.kind === 'image') {
      return { kind: 'image', image: store.readImage(request.stream, request.schema, request.maxCount) };
    }
    if (request.kind === 'record') {
      const record = store.readRecord(request.recordId);
      return { kind: 'records', records: record === null ? [] : [record] };
    }
    const { maxCount } = request;
    if (request.kind === 'all') return { kind: 'records', records: store.readAll(request.after, maxCount) };
    return { kind: 'records', records: store.readStream(request.stream, request.from, maxCount) };
  }

  #close(): void {
    try {
      this.#store.close();
    } catch (error) {
      if (!this.#hasFailed) this.#post({ kind: 'failed', error: imageOf(writeFault('the event log', error)) });
    }
    this.#post({ kind: 'closed' });
  }
}

function serve(port: NonNullable<typeof parentPort>): void {
  const { directory, tailLimit, knownRevisionLimit } = workerData;
  const post = (reply: WorkerReply): void => port.postMessage(reply);
  try {
    const database = openDatabase(directory);
    const store = openStore(database, tailLimit, knownRevisionLimit);
    const { filters, tail } = store.index;
    post({ kind: 'ready', head: store.head, hashSeed: database.hashSeed, tailKeys: tail.keys(), filters });
    const server = new StoreServer(store, post);
    port.on('message', (request: WorkerRequest) => server.accept(request));
  } catch (error) {
    post({ kind: 'refused', error: imageOf(openFault(String(directory), error)) });
  }
}

function openStore(
  database: ReturnType<typeof openDatabase>,
  tailLimit: number,
  knownRevisionLimit: number,
): EventStore {
  try {
    return new EventStore(database, tailLimit, knownRevisionLimit);
  } catch (error) {
    database.close();
    throw openFault(database.path, error);
  }
}

if (parentPort === null) {
  throw new PalisadeError(
    'LOG_UNUSABLE',
    'Cannot serve the event log as this is no worker thread. Call openSqliteEventLog.',
  );
}
serve(parentPort);
