import { encodeFact } from '../codec/mod.ts';
import type { DecisionSuperseded } from '../domain/records.ts';
import { type ActorSlot, liveOf, tell } from './actor-slot.ts';
import { type Answered, type AuthorizeWork, acquireEntities } from './authorize-work.ts';
import type { Host } from './host.ts';
import { reclassificationOf } from './outcome-bits.ts';
import type { Program } from './program.ts';
import type { Work, WorkRecord } from './transactor.ts';

/** Record id of the correction of a transaction's decision. */
export function supersedeRecordId(transactionId: string): string {
  return `s:${transactionId}`;
}

/**
 * Records that the caller was told the fallback after the full decision had gone to the log: from here on the fallback
 * is the decision, for every retry and in every window.
 */
export class SupersedeWork implements Work {
  readonly recordId: string;
  readonly isAnswered = true;
  readonly #work: AuthorizeWork;
  readonly #superseded: Answered;
  readonly #told: Answered;
  readonly #program: () => Program;
  readonly #ended: (error: Error | null) => void;

  constructor(
    work: AuthorizeWork,
    superseded: Answered,
    told: Answered,
    program: () => Program,
    ended: (error: Error | null) => void,
  ) {
    this.recordId = supersedeRecordId(work.command.transaction.transactionId);
    this.#work = work;
    this.#superseded = superseded;
    this.#told = told;
    this.#program = program;
    this.#ended = ended;
  }

  acquire(host: Host): ActorSlot[] {
    return acquireEntities(this.#work.command.transaction, host, this.#program().extraKeys);
  }

  decide(slots: readonly ActorSlot[]): WorkRecord {
    const program = this.#program();
    const { command, late } = this.#work;
    const { transaction } = command;
    const fact: DecisionSuperseded = {
      type: 'DecisionSuperseded',
      transaction,
      superseded: this.#superseded.decision,
      decision: this.#told.decision,
      ...(late === null ? {} : { late: late.verdict() }),
    };
    const view = program.viewOf(transaction);
    const { outcome } = this.#told.decision;
    const isLeftOut = late?.isLeftOut ?? false;
    for (const slot of slots) {
      const kind = program.kinds[slot.kind];
      const change = reclassificationOf(kind, view, this.#superseded.decision.outcome, outcome, isLeftOut);
      const event = { type: 'TransactionDecided', atMs: view.occurredAtMs, outcome } as const;
      if (change === null) tell(liveOf(slot), { type: 'settle', event, bits: 0 });
      else tell(liveOf(slot), { type: 'reclassify', event, change });
    }
    return { type: fact.type, body: encodeFact(fact) };
  }

  committed(): void {
    this.#ended(null);
  }

  rejected(error: Error): void {
    this.#ended(error);
  }
}
