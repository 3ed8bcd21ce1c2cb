import { encodeFact } from '../codec/mod.ts';
import type { DecisionSuperseded } from '../domain/records.ts';
import { type ActorSlot, liveOf, tell } from './actor-slot.ts';
import { acquireEntities } from './authorize-work.ts';
import type { Host } from './host.ts';
import { isLeftOut } from './late-draft.ts';
import { reclassificationOf } from './outcome-bits.ts';
import type { Program } from './program.ts';
import type { Work, WorkRecord } from './transactor.ts';

/** Record id of the correction of a transaction's decision. */
export function supersedeRecordId(transactionId: string): string {
  return `s:${transactionId}`;
}

/** Record id of the revision of a transaction's approval by a late event. */
export function revisionRecordId(transactionId: string): string {
  return `v:${transactionId}`;
}

/** A decision in place of another one. */
export type Superseding = Omit<DecisionSuperseded, 'type'> & { readonly recordId: string };

/** Records that another decision counts than before: from here on it does in every window. */
export class SupersedeWork implements Work {
  readonly recordId: string;
  readonly isAnswered = true;
  readonly #fact: DecisionSuperseded;
  readonly #program: () => Program;
  readonly #ended: (error: Error | null) => void;

  constructor(superseding: Superseding, program: () => Program, ended: (error: Error | null) => void) {
    const { recordId, ...members } = superseding;
    this.recordId = recordId;
    this.#fact = { type: 'DecisionSuperseded', ...members };
    this.#program = program;
    this.#ended = ended;
  }

  acquire(host: Host): ActorSlot[] {
    return acquireEntities(this.#fact.transaction, host, this.#program().extraKeys);
  }

  decide(slots: readonly ActorSlot[]): WorkRecord {
    const program = this.#program();
    const { type, transaction, superseded, decision, late } = this.#fact;
    const view = program.viewOf(transaction);
    const { outcome } = decision;
    for (const slot of slots) {
      const kind = program.kinds[slot.kind];
      const change = reclassificationOf(kind, view, superseded.outcome, outcome, isLeftOut(late));
      const event = { type: 'TransactionDecided', atMs: view.occurredAtMs, outcome } as const;
      if (change === null) tell(liveOf(slot), { type: 'settle', event, bits: 0 });
      else tell(liveOf(slot), { type: 'reclassify', event, change });
    }
    return { type, body: encodeFact(this.#fact) };
  }

  committed(): void {
    this.#ended(null);
  }

  rejected(error: Error): void {
    this.#ended(error);
  }
}
