import { MemorySagaIndex } from '../../src/adapters/memory/memory-saga-index.ts';
import { createMemoryEventLog, type MemoryEventLog } from '../../src/adapters/memory/mod.ts';
import { SAGA_DEFINITIONS } from '../../src/cli/saga-kinds.ts';
import { encodeFact } from '../../src/codec/mod.ts';
import type { Decision } from '../../src/domain/decision.ts';
import type { Transaction } from '../../src/domain/events.ts';
import type { TransactionDecided } from '../../src/domain/records.ts';
import type { SagaData } from '../../src/domain/sagas.ts';
import type { Outbound } from '../../src/ports/outbound.ts';
import type { ResponseMap } from '../../src/runtime/sagas/asking-facts.ts';
import type { LaneSettings } from '../../src/runtime/sagas/endpoint-lane.ts';
import { DEFAULT_LANE } from '../../src/runtime/sagas/saga-outbox.ts';
import { SagaRunner } from '../../src/runtime/sagas/saga-runner.ts';
import { SeededRandom } from './seeded-random.ts';
import { SimulatedClock } from './simulated-clock.ts';

export type SagaRigOptions = {
  readonly log?: MemoryEventLog;
  readonly index?: MemorySagaIndex;
  readonly clock?: SimulatedClock;
  readonly outbound: Outbound;
  readonly endpoints: readonly string[];
  readonly lane?: Partial<LaneSettings>;
  readonly responses?: Partial<ResponseMap>;
  readonly options?: ReadonlyMap<string, SagaData>;
  readonly residentMax?: number;
  readonly seed?: number;
  readonly mayAct?: () => Promise<boolean>;
};

/** A runner over a memory log and a clock that stands still. */
export type SagaRig = {
  readonly runner: SagaRunner;
  readonly log: MemoryEventLog;
  readonly index: MemorySagaIndex;
  readonly clock: SimulatedClock;
  readonly warnings: string[];
  /** Appends a decision that asks for responses. */
  decide(transaction: Transaction, responses: readonly string[], changes?: Partial<Decision>): Promise<number>;
};

const NO_RESPONSES: ResponseMap = { byName: new Map(), byOutcome: new Map(), onCorrection: null };

/** Opens a runner; a second one on the same log comes after the first, as after a restart. */
export async function openSagaRig(options: SagaRigOptions): Promise<SagaRig> {
  const log = options.log ?? createMemoryEventLog();
  const index = options.index ?? new MemorySagaIndex();
  const clock = options.clock ?? new SimulatedClock();
  const warnings: string[] = [];
  const warn = (message: string, fields: object = {}): void => {
    warnings.push(`${message} ${JSON.stringify(fields)}`);
  };
  const lane = { ...DEFAULT_LANE, ...options.lane };
  const runner = new SagaRunner({
    log,
    index,
    clock,
    random: new SeededRandom(options.seed ?? 1),
    logger: { info: () => {}, warn, error: warn },
    outbound: options.outbound,
    definitions: SAGA_DEFINITIONS,
    responses: { ...NO_RESPONSES, ...options.responses },
    endpoints: new Map(options.endpoints.map((name) => [name, lane])),
    options: options.options ?? new Map(),
    residentMax: options.residentMax ?? 1000,
    ...(options.mayAct === undefined ? {} : { mayAct: options.mayAct }),
  });
  await runner.open();
  return { runner, log, index, clock, warnings, decide: (...args) => decide(log, clock, ...args) };
}

let decided = 0;

function decide(
  log: MemoryEventLog,
  clock: SimulatedClock,
  transaction: Transaction,
  responses: readonly string[],
  changes: Partial<Decision> = {},
): Promise<number> {
  decided += 1;
  const decision: Decision = {
    transactionId: transaction.transactionId,
    outcome: 'decline',
    score: 90,
    mode: 'full',
    responseCode: '59',
    reasons: [{ code: 'IMPOSSIBLE_TRAVEL', ruleId: 'impossible-travel', outcome: 'decline', score: 90, evidence: {} }],
    shadow: [],
    failures: [],
    responses: [...responses],
    rulesetVersion: 'v',
    revisions: {},
    decidedAt: new Date(clock.nowMs()).toISOString(),
    ...changes,
  };
  const fact: TransactionDecided = { type: 'TransactionDecided', transaction, decision, features: [] };
  const stream = `test-${transaction.transactionId}-${decided}`;
  return log.append({
    recordId: `t:${transaction.transactionId}`,
    type: fact.type,
    body: encodeFact(fact),
    streams: [{ stream, expectedRevision: -1 }],
  });
}

/** A response map of names to kinds. */
export function respondWith(kinds: Readonly<Record<string, string>>): ResponseMap {
  const byName = new Map(Object.entries(kinds).map(([name, saga]) => [name, { saga, options: {} }]));
  return { ...NO_RESPONSES, byName };
}

/** Lets everything happen that waits for nothing. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
}
