import { createMemoryEventLog, type MemoryEventLog } from '../../src/adapters/memory/mod.ts';
import type { Transaction } from '../../src/domain/events.ts';
import type { FeatureSpec } from '../../src/domain/features.ts';
import type { AuthorizeAnswer } from '../../src/ports/engine.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import { type ActorEngine, createEngine } from '../../src/runtime/actor-engine.ts';
import type { EngineSettings } from '../../src/runtime/engine-parts.ts';
import type { ActorDefinitions } from '../../src/runtime/program.ts';
import { ACTOR_DEFINITIONS } from './actor-definitions.ts';
import { commandOf, transactionOf } from './event-builders.ts';
import { type RulesetParts, rulesetText } from './ruleset-builder.ts';
import { SeededRandom } from './seeded-random.ts';
import { SimulatedClock } from './simulated-clock.ts';

const HOUR_MS = 3_600_000;

/** A feature over an hour of a card's transactions; `changes` tells what is different. */
export function cardFeature(name: string, changes: Partial<FeatureSpec> = {}): FeatureSpec {
  return {
    by: 'card',
    name,
    on: 'transaction',
    outcome: 'all',
    where: null,
    window: { kind: 'sliding', sizeMs: HOUR_MS },
    aggregate: { function: 'count' },
    ...changes,
  };
}

/** Counts and sums an hour of each card, declines what is large or frozen. */
export const RIG_RULESET: RulesetParts = {
  name: 'rig',
  rates: { USD: 0.5 },
  features: [
    cardFeature('approved_1h', { outcome: 'approved' }),
    cardFeature('count_1h'),
    cardFeature('declined_1h', { outcome: 'declined' }),
    cardFeature('sum_1h', { aggregate: { function: 'sum', field: 'amount' } }),
  ],
  rules: [
    '{ id: stopped, when: card.status == "frozen", outcome: decline, score: 50, reason: STOPPED }',
    '{ id: large, when: event.amount > 500, outcome: decline, score: 50, reason: LARGE }',
    '{ id: odd, when: event.amount == 13.0, outcome: challenge, score: 5, reason: ODD }',
    '{ id: guess, on: login, when: event.status == "failed", outcome: alert, score: 1, reason: GUESS }',
  ],
};

export type RigOptions = {
  readonly settings?: Partial<EngineSettings>;
  readonly log?: MemoryEventLog;
  /** What the engine sees in place of the log. */
  readonly before?: (log: EventLog) => EventLog;
  /** In force where none was published. */
  readonly ruleset?: RulesetParts;
  /** Given as by a file. */
  readonly given?: RulesetParts;
  readonly definitions?: ActorDefinitions;
  readonly clock?: SimulatedClock;
};

/** An engine over a memory log and a clock that stands still. */
export type EngineRig = {
  readonly engine: ActorEngine;
  readonly log: MemoryEventLog;
  readonly clock: SimulatedClock;
  authorize(transaction: Transaction, deadlineMs?: number): Promise<AuthorizeAnswer>;
};

const SETTINGS: EngineSettings = {
  residentMax: 1000,
  mailboxDepthMax: 100,
  rehydrationsMax: 16,
  snapshotEveryEvents: 1000,
  commandsMax: 1000,
  recentMax: 1000,
};

/** Starts an engine; a second one on the same log comes after the first, as after a restart. */
export async function startRig(options: RigOptions = {}): Promise<EngineRig> {
  const log = options.log ?? createMemoryEventLog();
  const clock = options.clock ?? new SimulatedClock();
  const engine = await createEngine({
    log: options.before?.(log) ?? log,
    clock,
    random: new SeededRandom(log.statistics().headPosition + 1),
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    definitions: options.definitions ?? ACTOR_DEFINITIONS,
    settings: { ...SETTINGS, ...options.settings },
    rulesetText: options.given === undefined ? null : rulesetText(options.given),
    fallbackRulesetText: rulesetText(options.ruleset ?? RIG_RULESET),
  });
  const authorize = (transaction: Transaction, deadlineMs?: number): Promise<AuthorizeAnswer> =>
    engine.authorize(commandOf(transaction, clock, deadlineMs));
  return { engine, log, clock, authorize };
}

/** A rig whose commits wait for `commitPending`, with the actors of the builders' defaults live. */
export async function heldRig(options: RigOptions = {}): Promise<EngineRig> {
  const log = createMemoryEventLog({ commit: 'manual' });
  const starting = startRig({ ...options, log });
  await turn();
  log.commitPending();
  const rig = await starting;
  const warm = rig.authorize(transactionOf('warm', { amountMinor: 700 }));
  await turn();
  log.commitPending();
  await warm;
  return rig;
}

/** Lets everything happen that waits for nothing. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Whether a promise is settled now. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  await turn();
  return settled;
}
