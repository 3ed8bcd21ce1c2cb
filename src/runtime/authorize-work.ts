import { encodeDecision, encodeTransactionDecided } from '../codec/mod.ts';
import type { Decision, Outcome } from '../domain/decision.ts';
import { ACTOR_KINDS, ENTITY_KINDS } from '../domain/entities.ts';
import type { EventView } from '../domain/event-view.ts';
import type { Transaction } from '../domain/events.ts';
import type { EntityEvent } from '../domain/profile.ts';
import type { AuthorizeAnswer, AuthorizeCommand } from '../ports/engine.ts';
import { type ActorSlot, liveOf, tell } from './actor-slot.ts';
import { type ExtraKey, keyIdOf } from './event-keys.ts';
import type { Host } from './host.ts';
import type { LateDraft } from './late-draft.ts';
import { outcomeBits } from './outcome-bits.ts';
import type { Program } from './program.ts';
import type { Work, WorkRecord } from './transactor.ts';

/** Record id of a transaction. */
export function transactionRecordId(transactionId: string): string {
  return `t:${transactionId}`;
}

/** What the engine gives a command on its way. */
export type AuthorizeHooks = {
  readonly program: () => Program;
  readonly nowIso: () => string;
  readonly committed: (work: AuthorizeWork) => void;
  readonly rejected: (work: AuthorizeWork, error: Error) => void;
};

/** A decision and the bytes that it is sent and stored as. */
export type Answered = { readonly decision: Decision; readonly body: string };

/** One authorization from request to answer. */
export class AuthorizeWork implements Work {
  readonly recordId: string;
  readonly command: AuthorizeCommand;
  /** The earliest of the deadlines of all who asked: they get one answer. */
  deadlineAtMs: number;
  /** Set while the log is asked whether the id was decided before: nothing may be answered until that is known. */
  lookUp: Promise<void> | null = null;
  /** The deadline came before the look-up's end: the caller was told that, and no decision is made. */
  isUnresolved = false;
  readonly answer: PromiseWithResolvers<AuthorizeAnswer> = Promise.withResolvers();
  /** Resolves when the command is over, where somebody waits for that. */
  ended: PromiseWithResolvers<void> | null = null;
  /** What the log was given. */
  decided: Answered | null = null;
  /** What became of the event in the features as it came too late for them; null where it was in time. */
  late: LateDraft | null = null;
  /** What the caller was told when the deadline came first. */
  fallback: Answered | null = null;
  readonly #hooks: AuthorizeHooks;

  constructor(command: AuthorizeCommand, hooks: AuthorizeHooks) {
    this.command = command;
    this.recordId = transactionRecordId(command.transaction.transactionId);
    this.deadlineAtMs = command.receivedAtMs + command.deadlineMs;
    this.#hooks = hooks;
  }

  get isAnswered(): boolean {
    return this.fallback !== null;
  }

  acquire(host: Host): ActorSlot[] {
    return acquireEntities(this.command.transaction, host, this.#hooks.program().extraKeys);
  }

  decide(slots: readonly ActorSlot[]): WorkRecord {
    const program = this.#hooks.program();
    const { transaction, text } = this.command;
    const view = program.viewOf(transaction);
    this.late = program.judge(view, transaction.producer, this.#hooks.nowIso);
    const isOvertaken = program.observe(view, slots, this.late);
    this.decided = this.fallback ?? this.#assess(program, view, slots);
    const { decision, body } = this.decided;
    settleAll(program, view, decision.outcome, slots);
    const late = this.late?.record();
    const record = encodeTransactionDecided(text, body, program.features, late, isOvertaken);
    return { type: 'TransactionDecided', body: record };
  }

  committed(): void {
    this.late?.count();
    this.#hooks.committed(this);
  }

  rejected(error: Error): void {
    this.#hooks.rejected(this, error);
  }

  #assess(program: Program, view: EventView, slots: readonly ActorSlot[]): Answered {
    const assessment = program.assess(view);
    const revisions = revisionsOf(slots, program.extraKeys.length > 0);
    const { transactionId } = this.command.transaction;
    const decision = program.decide(transactionId, assessment, revisions, this.#hooks.nowIso());
    return { decision, body: encodeDecision(decision) };
  }
}

/** Kinds in the order in which a decision names them. */
const ENTITIES_BY_NAME = [...ENTITY_KINDS].sort();
const KINDS_BY_NAME = [...ACTOR_KINDS].sort();

/** Revision of each actor after the event. */
function revisionsOf(slots: readonly ActorSlot[], hasKeys: boolean): Record<string, number> {
  const revisions: Record<string, number> = {};
  for (const kind of hasKeys ? KINDS_BY_NAME : ENTITIES_BY_NAME) {
    for (const slot of slots) if (slot.kind === kind) revisions[kind] = slot.revision + 1;
  }
  return revisions;
}

/**
 * Slots of a transaction's entities, in the order of kinds. All of them, whatever the ruleset reads today: a feature
 * that is declared tomorrow finds its history in the stream. Bins, countries and pairs have a stream only
 * from the time that a feature is kept by them.
 */
export function acquireEntities(
  transaction: Transaction,
  host: Pick<Host, 'acquire'>,
  extraKeys: readonly ExtraKey[] = [],
): ActorSlot[] {
  const { cardId, accountId, deviceId, merchantId, ip } = transaction;
  const slots = [host.acquire('card', cardId), host.acquire('account', accountId)];
  if (deviceId !== undefined) slots.push(host.acquire('device', deviceId));
  if (merchantId !== undefined) slots.push(host.acquire('merchant', merchantId));
  if (ip !== undefined) slots.push(host.acquire('ip', ip));
  for (const key of extraKeys) {
    const id = keyIdOf(transaction, key);
    if (id !== undefined) slots.push(host.acquire(key.kind, id));
  }
  return slots;
}

/** Tells every actor how its event ended; their observers still hold the event, in the same tick. */
export function settleAll(program: Program, view: EventView, outcome: Outcome, slots: readonly ActorSlot[]): void {
  const event: EntityEvent = { type: 'TransactionDecided', atMs: view.occurredAtMs, outcome };
  for (const slot of slots) {
    const bits = outcomeBits(program.kinds[slot.kind].observer, outcome);
    tell(liveOf(slot), { type: 'settle', event, bits });
  }
}
