import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { StoredEvent } from './event-file.ts';
import type { ServerStore } from './server-store.ts';
import { deletedError, identifierOf, nameOf, readEvent } from './wire.ts';

type ReadRequest = InstanceType<typeof streamsPb.ReadReq>;
type ReadResponse = InstanceType<typeof streamsPb.ReadResp>;
type ReadOptions = InstanceType<typeof streamsPb.ReadReq.Options>;
type ReadCall = ServerWritableStream<ReadRequest, ReadResponse>;

const BACKWARDS = 1;
/** Events that a filtered subscription passes over for each unit of its checkpoint interval. */
const CHECKPOINT_UNIT = 32;
const LINK = '$>';

/** Answers a Read: a page of a stream or of all, or a subscription that goes on. */
export function serveRead(store: ServerStore, call: ReadCall): void {
  const options = call.request.getOptions();
  if (options === undefined) return;
  serve(store, call, options).catch((error: Error) => call.destroy(error));
}

async function serve(store: ServerStore, call: ReadCall, options: ReadOptions): Promise<void> {
  const stream = nameOf(options.getStream()?.getStreamIdentifier());
  if (options.hasStream() && store.isTombstoned(stream)) {
    call.emit('error', deletedError(stream));
    return;
  }
  if (options.hasSubscription()) await subscribe(store, call, options, stream);
  else if (options.hasStream()) await readStream(store, call, options, stream);
  else await readAll(store, call, options);
}

async function readStream(store: ServerStore, call: ReadCall, options: ReadOptions, stream: string): Promise<void> {
  if (!store.isReadable(stream)) {
    const notFound = new streamsPb.ReadResp.StreamNotFound().setStreamIdentifier(identifierOf(stream));
    call.write(new streamsPb.ReadResp().setStreamNotFound(notFound));
    call.end();
    return;
  }
  const from = options.getStream();
  const backwards = options.getReadDirection() === BACKWARDS;
  const head = store.headOf(stream);
  let revision = backwards ? head : 0;
  if (from?.hasRevision() === true) revision = Number(from.getRevision());
  else if (from?.hasStart() === true) revision = 0;
  else if (from?.hasEnd() === true) revision = backwards ? head : head + 1;
  if (backwards) revision = Math.min(revision, head);
  let left = Number(options.getCount());
  for (; left > 0 && revision >= 0 && revision <= head; revision += backwards ? -1 : 1) {
    const event = store.event(stream, revision);
    if (event === null) continue;
    left--;
    if (!(await send(call, resolved(store, event, options.getResolveLinks())))) return;
  }
  call.end();
}

async function readAll(store: ServerStore, call: ReadCall, options: ReadOptions): Promise<void> {
  const place = options.getAll()?.getPosition();
  const from = place === undefined ? null : Number(place.getCommitPosition());
  const backwards = options.getReadDirection() === BACKWARDS;
  const events = backwards
    ? store.all.filter(({ position }) => from === null || position < from).toReversed()
    : store.all.filter(({ position }) => from === null || position >= from);
  let left = Number(options.getCount());
  for (const event of events) {
    if (left-- <= 0) break;
    if (!(await send(call, resolved(store, event, options.getResolveLinks())))) return;
  }
  call.end();
}

/** Sends what there is, then what comes, until the client goes away. */
async function subscribe(store: ServerStore, call: ReadCall, options: ReadOptions, stream: string): Promise<void> {
  const isWanted = filterOf(options, stream);
  const interval = Math.max(1, options.getFilter()?.getCheckpointintervalmultiplier() ?? 1) * CHECKPOINT_UNIT;
  let index = startOf(store, options, stream);
  let wake: () => void = () => {};
  const release = store.onAppend(() => wake());
  call.once('cancelled', () => wake());
  const confirmation = new streamsPb.ReadResp.SubscriptionConfirmation().setSubscriptionId(crypto.randomUUID());
  call.write(new streamsPb.ReadResp().setConfirmation(confirmation));
  let isCaughtUp = false;
  let passedOver = 0;
  try {
    while (!call.cancelled) {
      const event = store.all[index];
      if (event === undefined) {
        if (!isCaughtUp) {
          if (options.hasFilter()) await sendCheckpoint(call, store.all[index - 1]);
          await send(call, new streamsPb.ReadResp().setCaughtUp(new streamsPb.ReadResp.CaughtUp()));
        }
        isCaughtUp = true;
        if (store.all.length > index || call.cancelled) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      index++;
      if (isWanted(event)) await send(call, resolved(store, event, options.getResolveLinks()));
      if (options.hasFilter() && ++passedOver % interval === 0) await sendCheckpoint(call, event);
    }
  } finally {
    release();
  }
}

/** Index in the whole log of the first event to send. A place that a client names was sent before. */
function startOf(store: ServerStore, options: ReadOptions, stream: string): number {
  if (options.hasAll()) {
    const all = options.getAll();
    if (all?.hasEnd() === true) return store.all.length;
    const place = all?.getPosition();
    if (place === undefined) return 0;
    return firstAfter(store.all, (event) => event.position > Number(place.getCommitPosition()));
  }
  const from = options.getStream();
  if (from?.hasEnd() === true) return store.all.length;
  if (from?.hasRevision() !== true) return 0;
  const revision = Number(from.getRevision());
  return firstAfter(store.all, (event) => event.stream === stream && event.revision > revision);
}

function firstAfter(events: readonly StoredEvent[], isAfter: (event: StoredEvent) => boolean): number {
  const index = events.findIndex(isAfter);
  return index === -1 ? events.length : index;
}

function filterOf(options: ReadOptions, stream: string): (event: StoredEvent) => boolean {
  if (options.hasStream()) return (event) => event.stream === stream;
  const filter = options.getFilter();
  if (filter === undefined) return () => true;
  const expression = filter.getStreamIdentifier() ?? filter.getEventType();
  const subjectOf = filter.hasEventType() ? (event: StoredEvent) => event.type : (event: StoredEvent) => event.stream;
  const regex = expression?.getRegex() ?? '';
  if (regex !== '') return (event) => new RegExp(regex).test(subjectOf(event));
  const prefixes = expression?.getPrefixList() ?? [];
  return (event) => prefixes.some((prefix) => subjectOf(event).startsWith(prefix));
}

function resolved(store: ServerStore, event: StoredEvent, follow: boolean): ReadResponse {
  if (!follow || event.type !== LINK) return readEvent(event, null);
  const text = Buffer.from(event.data).toString('utf8');
  const separator = text.indexOf('@');
  return readEvent(store.event(text.slice(separator + 1), Number(text.slice(0, separator))), event);
}

async function sendCheckpoint(call: ReadCall, event: StoredEvent | undefined): Promise<void> {
  if (event === undefined) return;
  const checkpoint = new streamsPb.ReadResp.Checkpoint()
    .setCommitPosition(String(event.position))
    .setPreparePosition(String(event.position));
  await send(call, new streamsPb.ReadResp().setCheckpoint(checkpoint));
}

/** False where nobody listens any more. */
async function send(call: ReadCall, response: ReadResponse): Promise<boolean> {
  if (call.cancelled) return false;
  if (call.write(response)) return !call.cancelled;
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      call.off('drain', goOn);
      call.off('cancelled', goOn);
      resolve();
    };
    call.on('drain', goOn);
    call.on('cancelled', goOn);
  });
  return !call.cancelled;
}
