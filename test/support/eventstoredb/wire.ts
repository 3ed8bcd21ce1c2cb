import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import statusPb from '@eventstore/db-client/generated/status_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import type { StoredEvent } from './event-file.ts';
import type { AppendOutcome, Expected, ProposedEvent } from './server-store.ts';

type StreamIdentifier = InstanceType<typeof sharedPb.StreamIdentifier>;
type Uuid = InstanceType<typeof sharedPb.UUID>;
type ProposedMessage =
  | InstanceType<typeof streamsPb.AppendReq.ProposedMessage>
  | InstanceType<typeof streamsPb.BatchAppendReq.ProposedMessage>;
type BatchOptions = InstanceType<typeof streamsPb.BatchAppendReq.Options>;
type AppendOptions = InstanceType<typeof streamsPb.AppendReq.Options>;
type BatchResponse = InstanceType<typeof streamsPb.BatchAppendResp>;
type AppendResponse = InstanceType<typeof streamsPb.AppendResp>;
type ReadResponse = InstanceType<typeof streamsPb.ReadResp>;

/** Name of the stream that a message is about. */
export function nameOf(identifier: StreamIdentifier | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');
}

/** A stream's name as messages carry it. */
export function identifierOf(stream: string): StreamIdentifier {
  return new sharedPb.StreamIdentifier().setStreamName(Uint8Array.from(Buffer.from(stream, 'utf8')));
}

/** An id, whichever of its two forms the client sent. */
export function uuidOf(uuid: Uuid | undefined): string {
  const structured = uuid?.getStructured();
  if (structured === undefined) return uuid?.getString() ?? '';
  const bits =
    (BigInt.asUintN(64, BigInt(structured.getMostSignificantBits())) << 64n) |
    BigInt.asUintN(64, BigInt(structured.getLeastSignificantBits()));
  const text = bits.toString(16).padStart(32, '0');
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
}

/** An event as the client proposes it. */
export function proposedOf(message: ProposedMessage): ProposedEvent {
  return {
    id: uuidOf(message.getId()),
    type: message.getMetadataMap().get('type') ?? '',
    contentType: message.getMetadataMap().get('content-type') ?? 'application/octet-stream',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

export function expectedOfBatch(options: BatchOptions): Expected {
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasAny()) return 'any';
  return options.hasStreamExists() ? 'stream_exists' : Number(options.getStreamPosition());
}

export function expectedOfAppend(options: AppendOptions | undefined): Expected {
  if (options === undefined || options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no_stream';
  return options.hasStreamExists() ? 'stream_exists' : Number(options.getRevision());
}

/** The answer to an append on the shared stream. */
export function batchAnswer(
  correlation: Uuid,
  stream: string,
  expected: Expected,
  outcome: AppendOutcome,
): BatchResponse {
  const answer = new streamsPb.BatchAppendResp()
    .setCorrelationId(correlation)
    .setStreamIdentifier(identifierOf(stream));
  if (outcome.kind === 'stored') {
    const position = new sharedPb.AllStreamPosition()
      .setCommitPosition(String(outcome.position))
      .setPreparePosition(String(outcome.position));
    return answer.setSuccess(
      new streamsPb.BatchAppendResp.Success().setCurrentRevision(String(outcome.revision)).setPosition(position),
    );
  }
  if (outcome.kind === 'deleted') {
    const details = new sharedPb.StreamDeleted().setStreamIdentifier(identifierOf(stream)).serializeBinary();
    return answer.setError(statusWith('event_store.client.StreamDeleted', details));
  }
  const conflict = new sharedPb.WrongExpectedVersion();
  if (outcome.actual < 0) conflict.setCurrentNoStream(new emptyPb.Empty());
  else conflict.setCurrentStreamRevision(String(outcome.actual));
  if (expected === 'any') conflict.setExpectedAny(new emptyPb.Empty());
  else if (expected === 'no_stream') conflict.setExpectedNoStream(new emptyPb.Empty());
  else if (expected === 'stream_exists') conflict.setExpectedStreamExists(new emptyPb.Empty());
  else conflict.setExpectedStreamPosition(String(expected));
  return answer.setError(statusWith('event_store.client.WrongExpectedVersion', conflict.serializeBinary()));
}

/** An answer that says nothing of what became of the append. */
export function batchFailure(correlation: Uuid, stream: string, kind: 'timeout' | 'busy' | 'too-large'): BatchResponse {
  const answer = new streamsPb.BatchAppendResp()
    .setCorrelationId(correlation)
    .setStreamIdentifier(identifierOf(stream));
  if (kind === 'timeout') {
    return answer.setError(statusWith('event_store.client.Timeout', new sharedPb.Timeout().serializeBinary()));
  }
  if (kind === 'busy') {
    const busy = statusWith('google.protobuf.Empty', new emptyPb.Empty().serializeBinary());
    return answer.setError(busy.setMessage('Server Is Busy'));
  }
  const details = new sharedPb.MaximumAppendSizeExceeded().setMaxappendsize(MAX_APPEND_BYTES).serializeBinary();
  return answer.setError(statusWith('event_store.client.MaximumAppendSizeExceeded', details));
}

/** What a server of before 25.1 takes in one append. */
export const MAX_APPEND_BYTES = 1024 * 1024;

function statusWith(typeName: string, bytes: Uint8Array): InstanceType<typeof statusPb.Status> {
  const details = new anyPb.Any();
  details.pack(bytes, typeName);
  return new statusPb.Status().setCode(2).setMessage(typeName).setDetails(details);
}

/** The answer to an append on a stream of its own. */
export function appendAnswer(expected: Expected, outcome: AppendOutcome): AppendResponse {
  if (outcome.kind === 'stored') {
    const position = new streamsPb.AppendResp.Position()
      .setCommitPosition(String(outcome.position))
      .setPreparePosition(String(outcome.position));
    const success = new streamsPb.AppendResp.Success().setCurrentRevision(String(outcome.revision));
    return new streamsPb.AppendResp().setSuccess(success.setPosition(position));
  }
  const conflict = new streamsPb.AppendResp.WrongExpectedVersion();
  const actual = outcome.kind === 'conflict' ? outcome.actual : -1;
  if (actual < 0) conflict.setCurrentNoStream(new sharedPb.Empty());
  else conflict.setCurrentRevision(String(actual));
  if (expected === 'any') conflict.setExpectedAny(new sharedPb.Empty());
  else if (expected === 'no_stream') conflict.setExpectedNoStream(new sharedPb.Empty());
  else if (expected === 'stream_exists') conflict.setExpectedStreamExists(new sharedPb.Empty());
  else conflict.setExpectedRevision(String(expected));
  return new streamsPb.AppendResp().setWrongExpectedVersion(conflict);
}

/** An event as readers get it; `link` is the event that led to it. `event` null: the link leads nowhere. */
export function readEvent(event: StoredEvent | null, link: StoredEvent | null): ReadResponse {
  const read = new streamsPb.ReadResp.ReadEvent();
  if (event !== null) read.setEvent(recorded(event));
  if (link !== null) read.setLink(recorded(link));
  read.setCommitPosition(String((link ?? event)?.position ?? 0));
  return new streamsPb.ReadResp().setEvent(read);
}

function recorded(event: StoredEvent): InstanceType<typeof streamsPb.ReadResp.ReadEvent.RecordedEvent> {
  const message = new streamsPb.ReadResp.ReadEvent.RecordedEvent()
    .setId(new sharedPb.UUID().setString(event.id))
    .setStreamIdentifier(identifierOf(event.stream))
    .setStreamRevision(String(event.revision))
    .setPreparePosition(String(event.position))
    .setCommitPosition(String(event.position))
    .setCustomMetadata(event.metadata)
    .setData(event.data);
  const facts = message.getMetadataMap();
  facts.set('type', event.type);
  facts.set('content-type', event.contentType);
  facts.set('created', event.created);
  return message;
}

/** The error of a call about a stream that was deleted for good. */
export function deletedError(stream: string): Partial<StatusObject> & { code: status; details: string } {
  const metadata = new Metadata();
  metadata.set('exception', 'stream-deleted');
  metadata.set('stream-name', encodeURIComponent(stream));
  return { code: status.FAILED_PRECONDITION, details: `Event stream '${stream}' is deleted.`, metadata };
}
