import gossipServices from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossipPb from '@eventstore/db-client/generated/gossip_pb.js';
import featureServices from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import featuresPb from '@eventstore/db-client/generated/serverfeatures_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamServices from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerWritableStream,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { FaultPlan } from './faults.ts';
import { serveRead } from './served-reads.ts';
import { type Expected, ServerStore } from './server-store.ts';
import {
  appendAnswer,
  batchAnswer,
  batchFailure,
  deletedError,
  expectedOfAppend,
  expectedOfBatch,
  MAX_APPEND_BYTES,
  nameOf,
  proposedOf,
  uuidOf,
} from './wire.ts';

type BatchRequest = InstanceType<typeof streamsPb.BatchAppendReq>;
type BatchResponse = InstanceType<typeof streamsPb.BatchAppendResp>;
type AppendRequest = InstanceType<typeof streamsPb.AppendReq>;
type AppendResponse = InstanceType<typeof streamsPb.AppendResp>;
type DeleteRequest = InstanceType<typeof streamsPb.DeleteReq>;
type Uuid = InstanceType<typeof sharedPb.UUID>;
type ReadCall = ServerWritableStream<InstanceType<typeof streamsPb.ReadReq>, InstanceType<typeof streamsPb.ReadResp>>;
type BatchCall = ServerDuplexStream<BatchRequest, BatchResponse>;

/** An EventStoreDB to test against. It lives in this process. */
export type TestServer = {
  readonly url: string;
  readonly port: number;
  readonly store: ServerStore;
  readonly faults: FaultPlan;
  stop(): Promise<void>;
};

/** How a test server is started. */
export type TestServerOptions = {
  /** 0 for any free port. */
  readonly port?: number;
  /** Keeps the events, so that a server killed is started again with them. */
  readonly file?: string | null;
  /** Certificate and key, PEM, for TLS. */
  readonly tls?: {
    readonly certificate: Buffer;
    readonly key: Buffer;
    /** Lets only clients in that have a certificate of this authority. */
    readonly authority?: Buffer;
  };
  /** Lets only these in: `user:password`. */
  readonly login?: string;
  /** Lets nobody read `$all`, as a server does with accounts that are no administrators. */
  readonly isAllClosed?: boolean;
  /** Time that a subscription waits before it begins, ms. */
  readonly subscribeDelayMs?: number;
};

/** Starts a server that speaks the protocol of EventStoreDB 20 to KurrentDB, as far as Palisade needs it. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const store = new ServerStore(options.file ?? null);
  const faults = new FaultPlan();
  const server = new Server({ 'grpc.max_receive_message_length': 17 * 1024 * 1024 });
  const { tls } = options;
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(
          tls.authority ?? null,
          [{ cert_chain: tls.certificate, private_key: tls.key }],
          tls.authority !== undefined,
        );
  let port = 0;
  server.addService(streamServices.StreamsService, streamsService(store, faults, options));
  server.addService(featureServices.ServerFeaturesService, featuresService());
  server.addService(
    gossipServices.GossipService,
    gossipService(() => port),
  );
  port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${options.port ?? 0}`, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  const stop = async (): Promise<void> => {
    server.forceShutdown();
    store.close();
  };
  const url = `esdb://127.0.0.1:${port}?tls=${tls !== undefined}`;
  return { url, port, store, faults, stop };
}

type StreamsOptions = {
  readonly login?: string | null;
  readonly isAllClosed?: boolean;
  readonly subscribeDelayMs?: number;
};

function streamsService(
  store: ServerStore,
  faults: FaultPlan,
  { login = null, isAllClosed = false, subscribeDelayMs = 0 }: StreamsOptions,
): UntypedServiceImplementation {
  const isLetIn = (metadata: Metadata): boolean =>
    login === null || metadata.get('authorization')[0] === `Basic ${Buffer.from(login).toString('base64')}`;
  const remove =
    (forGood: boolean) =>
    (call: { readonly request: DeleteRequest }, answer: sendUnaryData<InstanceType<typeof streamsPb.DeleteResp>>) => {
      const options = call.request.getOptions();
      const stream = nameOf(options?.getStreamIdentifier());
      const expected = options?.hasRevision() === true ? Number(options.getRevision()) : 'any';
      const outcome = store.delete(stream, expected, forGood);
      if (outcome.kind === 'stored') answer(null, new streamsPb.DeleteResp());
      else answer(deletedError(stream));
    };
  return {
    read: (call: ReadCall) => {
      const isClosed = isAllClosed && call.request.getOptions()?.hasAll() === true;
      const isLate = subscribeDelayMs > 0 && call.request.getOptions()?.hasSubscription() === true;
      if (isLetIn(call.metadata) && !isClosed) {
        if (isLate) setTimeout(() => serveRead(store, call), subscribeDelayMs);
        else serveRead(store, call);
      } else call.emit('error', deniedError());
    },
    append: (call: ServerReadableStream<AppendRequest, AppendResponse>, answer: sendUnaryData<AppendResponse>) => {
      if (isLetIn(call.metadata)) serveAppend(store, call, answer);
      else answer(deniedError());
    },
    batchAppend: (call: BatchCall) => {
      if (isLetIn(call.metadata)) new BatchAppends(store, faults, call);
      else call.emit('error', deniedError());
    },
    delete: remove(false),
    tombstone: remove(true),
  };
}

function deniedError(): { code: status; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  metadata.set('exception', 'access-denied');
  return { code: status.PERMISSION_DENIED, details: 'Access Denied', metadata };
}

function serveAppend(
  store: ServerStore,
  call: ServerReadableStream<AppendRequest, AppendResponse>,
  answer: sendUnaryData<AppendResponse>,
): void {
  const requests: AppendRequest[] = [];
  call.on('data', (request: AppendRequest) => requests.push(request));
  call.on('end', () => {
    const options = requests[0]?.getOptions();
    const stream = nameOf(options?.getStreamIdentifier());
    const expected = expectedOfAppend(options);
    const proposed = requests.flatMap((request) => {
      const message = request.getProposedMessage();
      return message === undefined ? [] : [proposedOf(message)];
    });
    const outcome = store.append(stream, expected, proposed);
    if (outcome.kind === 'deleted') answer(deletedError(stream));
    else answer(null, appendAnswer(expected, outcome));
  });
}

/** The appends of one client, as parts come in on its stream. */
class BatchAppends {
  readonly #store: ServerStore;
  readonly #faults: FaultPlan;
  readonly #call: BatchCall;
  readonly #parts = new Map<string, BatchRequest[]>();

  constructor(store: ServerStore, faults: FaultPlan, call: BatchCall) {
    this.#store = store;
    this.#faults = faults;
    this.#call = call;
    call.on('data', (request: BatchRequest) => this.#take(request));
    call.on('end', () => call.end());
    call.on('error', () => {});
  }

  #take(request: BatchRequest): void {
    const id = uuidOf(request.getCorrelationId());
    const parts = this.#parts.get(id) ?? [];
    parts.push(request);
    this.#parts.set(id, parts);
    if (!request.getIsFinal()) return;
    this.#parts.delete(id);
    this.#append(parts);
  }

  #append(parts: readonly BatchRequest[]): void {
    const correlation = parts[0]?.getCorrelationId();
    const options = parts[0]?.getOptions();
    if (correlation === undefined || options === undefined) return;
    const stream = nameOf(options.getStreamIdentifier());
    const fault = this.#faults.take(stream);
    this.#faults.gauge.begin(stream);
    if (fault === 'lose-request') return;
    const answer =
      fault === 'refuse'
        ? batchFailure(correlation, stream, 'busy')
        : this.#stored(correlation, stream, expectedOfBatch(options), parts);
    if (fault === 'lose-reply') return;
    if (fault === 'close-stream') this.#call.end();
    else if (fault === 'break-stream') {
      this.#call.emit('error', { code: status.UNAVAILABLE, details: 'asked for', metadata: new Metadata() });
    } else if (fault === 'answer-late') setTimeout(() => this.#send(answer), this.#faults.lateMs);
    else this.#send(fault === 'time-out' ? batchFailure(correlation, stream, 'timeout') : answer);
    if (fault === 'answer-twice') this.#send(answer);
  }

  #stored(correlation: Uuid, stream: string, expected: Expected, parts: readonly BatchRequest[]): BatchResponse {
    const proposed = parts.flatMap((part) => part.getProposedMessagesList()).map(proposedOf);
    const bytes = proposed.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0);
    if (bytes > MAX_APPEND_BYTES) return batchFailure(correlation, stream, 'too-large');
    return batchAnswer(correlation, stream, expected, this.#store.append(stream, expected, proposed));
  }

  #send(answer: BatchResponse): void {
    this.#faults.gauge.end();
    if (!this.#call.cancelled && this.#call.writable) this.#call.write(answer);
  }
}

function featuresService(): UntypedServiceImplementation {
  return {
    getSupportedMethods: (_call: unknown, answer: sendUnaryData<InstanceType<typeof featuresPb.SupportedMethods>>) => {
      const methods = new featuresPb.SupportedMethods().setEventStoreServerVersion('24.10.0');
      for (const name of ['read', 'append', 'delete', 'tombstone', 'batchappend']) {
        methods.addMethods(
          new featuresPb.SupportedMethod().setMethodName(name).setServiceName('event_store.client.streams.streams'),
        );
      }
      answer(null, methods);
    },
  };
}

function gossipService(port: () => number): UntypedServiceImplementation {
  return {
    read: (_call: unknown, answer: sendUnaryData<InstanceType<typeof gossipPb.ClusterInfo>>) => {
      const member = new gossipPb.MemberInfo()
        .setInstanceId(new sharedPb.UUID().setString(crypto.randomUUID()))
        .setTimeStamp(String(Date.now()))
        .setState(gossipPb.MemberInfo.VNodeState.LEADER)
        .setIsAlive(true)
        .setHttpEndPoint(new gossipPb.EndPoint().setAddress('127.0.0.1').setPort(port()));
      const cluster = new gossipPb.ClusterInfo();
      cluster.addMembers(member);
      answer(null, cluster);
    },
  };
}
