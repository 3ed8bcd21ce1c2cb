import assert from 'node:assert/strict';
import { decodeFact } from '../../src/codec/mod.ts';
import type { Outcome } from '../../src/domain/decision.ts';
import type { Transaction } from '../../src/domain/events.ts';
import type { DecisionSuperseded } from '../../src/domain/records.ts';
import type { LateReviewer } from '../../src/runtime/revisions/late-reviewer.ts';
import { type EngineRig, type RigOptions, startRig, turn } from './engine-rig.ts';
import { isoAt, transactionOf } from './event-builders.ts';
import { KeptCheckpoint } from './kept-checkpoint.ts';
import { SIMULATION_START_MS } from './simulated-clock.ts';

export const MINUTE_MS = 60_000;

/** Ten minutes of each card and account; `features` is the section of event time. */
export function rulesetOf(features: string, more: readonly string[] = []): string {
  return [
    'name: revised',
    'currency: { base: EUR, rates: {} }',
    `event_time: { out_of_orderness: 10s, lateness: 1m, features: ${features} }`,
    'features:',
    '  card.count_10m: { aggregate: count, window: sliding 10m }',
    '  card.approved_10m: { aggregate: count, window: sliding 10m, outcome: approved }',
    '  card.declined_10m: { aggregate: count, window: sliding 10m, outcome: declined }',
    '  account.failed_10m: { on: login, aggregate: count, window: sliding 10m, where: \'event.status == "failed"\' }',
    'rules:',
    '  - { id: busy, when: card.count_10m >= 4, outcome: decline, reason: BUSY }',
    '  - { id: guessed, when: account.failed_10m >= 3, outcome: decline, reason: GUESSED }',
    ...more,
    'policy:',
    '  fallback: [{ outcome: decline }]',
  ].join('\n');
}

/** An engine whose late events are reviewed. */
export type Reviewed = EngineRig & { readonly reviewer: LateReviewer; readonly checkpoints: KeptCheckpoint };

/** Starts both; over the log of another rig as after its crash. */
export async function startReviewed(
  text: string | null,
  options: RigOptions & { readonly checkpoints?: KeptCheckpoint } = {},
): Promise<Reviewed> {
  const rig = await startRig(options);
  if (text !== null) await rig.engine.publishRuleset(text);
  const checkpoints = options.checkpoints ?? new KeptCheckpoint();
  const reviewer = await rig.engine.reviewLateEvents(checkpoints);
  return { ...rig, reviewer, checkpoints };
}

/** Lets the reviewer come to the end of the log. */
export async function reviewed({ engine }: EngineRig): Promise<void> {
  for (let round = 0; round < 10; round++) await turn();
  for (let round = 0; round < 1000 && engine.statistics().lateReviews.lagRecords > 0; round++) await turn();
  assert.equal(engine.statistics().lateReviews.lagRecords, 0);
}

/** Pays so many minutes after the start; answers the outcome. */
export async function pay(
  rig: EngineRig,
  id: string,
  minute: number,
  changes: Partial<Transaction> = {},
): Promise<Outcome> {
  const occurredAt = isoAt(SIMULATION_START_MS + minute * MINUTE_MS);
  return (await rig.authorize(transactionOf(id, { occurredAt, ...changes }))).outcome;
}

/** The record that revised an approval, or null. */
export async function revisionOf({ log }: EngineRig, transactionId: string): Promise<DecisionSuperseded | null> {
  const record = await log.readRecord(`v:${transactionId}`);
  const fact = record === null ? null : decodeFact(record.type, record.body);
  return fact?.type === 'DecisionSuperseded' ? fact : null;
}

/** Features of a card. */
export async function windowsOf(
  { engine }: EngineRig,
  id = 'card-a',
): Promise<Readonly<Record<string, number>> | undefined> {
  return (await engine.readEntity('card', id))?.windows;
}

/** Three payments of a card, and one long before them that comes after them. */
export async function withPast(rig: EngineRig): Promise<void> {
  for (const minute of [5, 6, 7]) assert.equal(await pay(rig, `t${minute}`, minute), 'approve');
  await pay(rig, 'late', 1);
}

/** The same, reviewed: the third of them is a decline then. */
export async function withLatePayment(rig: Reviewed): Promise<void> {
  await withPast(rig);
  await reviewed(rig);
}
