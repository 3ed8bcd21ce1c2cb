import { decodeFact, encodeFact } from '../../codec/mod.ts';
import type { BacktestResult } from '../../domain/backtest-result.ts';
import { DRAFTS_STREAM, type DraftChanged } from '../../domain/draft-facts.ts';
import { NO_STREAM, type Position, type Revision } from '../../domain/entities.ts';
import { isPalisadeError, PalisadeError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventLog, StoredRecord } from '../../ports/event-log.ts';
import type { Random } from '../../ports/random.ts';
import type { DraftStep } from '../../ports/ruleset-lab.ts';
import { appendSurely } from '../repeated-append.ts';

const PAGE_RECORDS = 200;
/** Times that a step is tried again when another process has taken one in between. */
const CONFLICT_RETRIES_MAX = 5;

type Result = {
  readonly result: BacktestResult;
  readonly through: Position;
  readonly version: string;
  readonly by: string;
  readonly at: string;
};

/** A draft as its facts have it. */
export type Draft = {
  readonly draftId: string;
  readonly text: string;
  readonly version: string;
  readonly authors: readonly string[];
  readonly note: string;
  readonly createdAt: string;
  readonly changedAt: string;
  readonly approval: { readonly by: string; readonly at: string } | null;
  /** Null where it does not run in the shadow; else everything after the position is its traffic. */
  readonly shadow: { readonly by: string; readonly at: string; readonly after: Position } | null;
  readonly lastBacktest: Result | null;
  readonly lastShadow: Result | null;
  /** Newest first. */
  readonly history: readonly DraftStep[];
};

/** A draft after a step, or null where the step is its end. Pure. */
export function draftAfter(draft: Draft | null, fact: DraftChanged, position: Position): Draft | null {
  const { action, by, version, note, recordedAt: at, result, through } = fact;
  const step: DraftStep = { action, by, at, version, note, hash: result?.hash ?? null };
  if (action === 'save') return saved(draft, fact, step);
  if (draft === null || action === 'delete') return null;
  const history = [step, ...draft.history];
  const outcome = result === null ? null : { result, through: through ?? 0, version, by, at };
  switch (action) {
    case 'backtest':
      return { ...draft, history, lastBacktest: outcome };
    case 'shadow':
      return { ...draft, history, shadow: { by, at, after: position } };
    case 'unshadow':
      return { ...draft, history, shadow: null, lastShadow: outcome ?? draft.lastShadow };
    case 'approve':
      // An approval is of a text: one that came after another text was saved is of neither.
      return { ...draft, history, approval: version === draft.version ? { by, at } : draft.approval };
  }
}

function saved(draft: Draft | null, { draftId, by, version, text, note, recordedAt }: DraftChanged, step: DraftStep) {
  return {
    draftId,
    text: text ?? '',
    version,
    authors: [...new Set([...(draft?.authors ?? []), by])],
    note,
    createdAt: draft?.createdAt ?? recordedAt,
    changedAt: recordedAt,
    approval: null,
    shadow: draft?.version === version ? draft.shadow : null,
    lastBacktest: draft?.lastBacktest ?? null,
    lastShadow: draft?.lastShadow ?? null,
    history: [step, ...(draft?.history ?? [])],
  };
}

export type DraftBookParts = { readonly log: EventLog; readonly clock: Clock; readonly random: Random };

/** Every draft, folded from one stream. Steps are taken one after the other, and count once they are durable. */
export class DraftBook {
  readonly #parts: DraftBookParts;
  readonly #drafts = new Map<string, Draft>();
  #revision: Revision = NO_STREAM;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: DraftBookParts) {
    this.#parts = parts;
  }

  /** Takes in what stands in the stream after the last step that is known here. O(steps since). */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#catchUp());
  }

  get(draftId: string): Draft | null {
    return this.#drafts.get(draftId) ?? null;
  }

  all(): readonly Draft[] {
    return [...this.#drafts.values()];
  }

  /**
   * Takes a step. `stepOf` sees the draft as it is and answers the step, or throws why it may not be taken; it is asked
   * again where another process came first. Rejects with what it throws, or a LOG_ error, and changes nothing then.
   */
  take(draftId: string, stepOf: (draft: Draft | null) => Omit<DraftChanged, 'type' | 'draftId'>): Promise<void> {
    return this.#inTurn(async () => {
      const recordId = `d:${this.#parts.random.id()}`;
      for (let attempt = 0; ; attempt++) {
        const fact: DraftChanged = { type: 'DraftChanged', draftId, ...stepOf(this.get(draftId)) };
        try {
          await this.#append(`${recordId}-${attempt}`, fact);
          return;
        } catch (error) {
          if (attempt >= CONFLICT_RETRIES_MAX || !isPalisadeError(error, 'LOG_REVISION_CONFLICT')) throw error;
          await this.#catchUp();
        }
      }
    });
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(run);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #append(recordId: string, fact: DraftChanged): Promise<void> {
    const { log, clock } = this.#parts;
    const streams = [{ stream: DRAFTS_STREAM, expectedRevision: this.#revision }];
    const position = await appendSurely(log, clock, { recordId, type: fact.type, body: encodeFact(fact), streams });
    this.#revision += 1;
    this.#apply(fact, position);
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      const records = await this.#parts.log.readStream(DRAFTS_STREAM, this.#revision + 1, PAGE_RECORDS);
      for (const record of records) this.#takeRecord(record);
      this.#revision += records.length;
      if (records.length < PAGE_RECORDS) return;
    }
  }

  #takeRecord({ type, body, position }: StoredRecord): void {
    const fact = decodeFact(type, body);
    if (fact.type === 'DraftChanged') this.#apply(fact, position);
    else throw new PalisadeError('RECORD_UNREADABLE', `Cannot use a ${fact.type} as a step of a draft.`);
  }

  #apply(fact: DraftChanged, position: Position): void {
    const next = draftAfter(this.get(fact.draftId), fact, position);
    if (next === null) this.#drafts.delete(fact.draftId);
    else this.#drafts.set(fact.draftId, next);
  }
}
