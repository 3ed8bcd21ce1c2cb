import { encodeFact } from '../../codec/mod.ts';
import { type CaseChanged, caseStreamOf } from '../../domain/case-facts.ts';
import type { Position, Revision } from '../../domain/entities.ts';
import { isPalisadeError, PalisadeError } from '../../domain/errors.ts';
import type { Label } from '../../domain/events.ts';
import {
  ANY_OPEN_CASE,
  type CaseDetail,
  type CaseListQuery,
  type CaseOrder,
  type CasePage,
  type CaseQuery,
  type CaseReceipt,
  type CaseRow,
  type Cases,
} from '../../ports/cases.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DecisionRow, LabelName } from '../../ports/console.ts';
import type { Engine } from '../../ports/engine.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Random } from '../../ports/random.ts';
import { appendSurely } from '../repeated-append.ts';

/** How long a case is held for whom it was given to. */
const LOCK_MS = 15 * 60_000;
/** Cases that are tried before the queue is said to be empty: others take them at the same moment. */
const CANDIDATES = 20;
/** Times that an order is tried again when another's came first. */
const RETRIES_MAX = 5;

/** What the desk reads. */
export type CaseReads = {
  cases(query: CaseQuery): Promise<CasePage>;
  /** One case, with the priority that it has at a time. */
  case(caseId: string, nowMs: number): Promise<{ readonly position: Position; readonly detail: CaseDetail | null }>;
  decision(transactionId: string): Promise<{ readonly position: Position; readonly row: DecisionRow | null }>;
};

export type CaseDeskParts = {
  readonly reads: CaseReads;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly engine: Pick<Engine, 'record'>;
};

/**
 * Where people work on cases. Each thing they do is a fact in the stream of the case; the revision that they saw is the
 * fence, so that no two are given the same case.
 */
export class CaseDesk implements Cases {
  readonly #parts: CaseDeskParts;
  /** Revisions that are newer than what the projection shows, by case. */
  readonly #revisions = new Map<string, Revision>();

  constructor(parts: CaseDeskParts) {
    this.#parts = parts;
  }

  list(query: CaseListQuery): Promise<CasePage> {
    return this.#parts.reads.cases({ ...query, isWaiting: false, nowMs: this.#parts.clock.nowMs() });
  }

  async read(caseId: string): Promise<CaseDetail | null> {
    return (await this.#parts.reads.case(caseId, this.#parts.clock.nowMs())).detail;
  }

  async takeNext(by: string): Promise<CaseReceipt | null> {
    const { clock, reads } = this.#parts;
    const queue = { ...ANY_OPEN_CASE, sort: 'priority', descending: true, isWaiting: true } as const;
    const { items } = await reads.cases({ ...queue, nowMs: clock.nowMs(), limit: CANDIDATES, cursor: null });
    const mine = items.filter(({ assignee }) => assignee === null || assignee === by);
    for (const row of mine) {
      const order = { action: 'take', by, assignee: by, until: null, note: '', label: null } as const;
      try {
        const position = await this.#append(row.caseId, row.revision, order);
        return { caseId: row.caseId, position, labelled: 0 };
      } catch (error) {
        // Somebody else was first, or the projection does not show yet that somebody was.
        if (!isPalisadeError(error, 'LOG_REVISION_CONFLICT')) throw error;
      }
    }
    return null;
  }

  async order(caseId: string, order: CaseOrder): Promise<CaseReceipt | null> {
    const detail = await this.read(caseId);
    if (detail === null) return null;
    const { row } = detail;
    const isRepeat = order.action === 'resolve' && row.status === 'resolved' && row.label === order.label;
    if (!isRepeat) this.#check(row, order);
    const position = isRepeat ? (detail.history[0]?.position ?? 0) : await this.#appendInTurn(row, order);
    // After the fact, which only one can set: a repeat labels what a crash in between had left.
    return { caseId, position, labelled: order.action === 'resolve' ? await this.#labelAll(detail, order) : 0 };
  }

  async #appendInTurn({ caseId, revision: shown }: CaseRow, order: CaseOrder): Promise<Position> {
    let revision = Math.max(shown, this.#revisions.get(caseId) ?? shown);
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#append(caseId, revision, order);
      } catch (error) {
        if (!isPalisadeError(error, 'LOG_REVISION_CONFLICT')) throw error;
        // Who takes or resolves has to know how the case stands; all else is said in its turn.
        const isFenced = order.action === 'take' || order.action === 'resolve';
        if (attempt >= RETRIES_MAX || isFenced) throw refused(caseId, 'another person was first');
        revision = Number(error.details.actualRevision ?? revision + 1);
      }
    }
  }

  async label(transactionId: string, label: LabelName, eventId: string | null): Promise<{ eventId: string } | null> {
    const { row } = await this.#parts.reads.decision(transactionId);
    return row === null ? null : this.#record(row, label, eventId ?? `label-${this.#parts.random.id()}`);
  }

  #check({ caseId, status, assignee, lockedUntil }: CaseRow, { action, by }: CaseOrder): void {
    if (status === 'resolved' && action !== 'reopen' && action !== 'note') throw refused(caseId, 'it is resolved');
    if (status === 'open' && action === 'reopen') throw refused(caseId, 'it is open');
    const isHeld = lockedUntil !== null && Date.parse(lockedUntil) > this.#parts.clock.nowMs();
    if (isHeld && assignee !== by && action !== 'note')
      throw refused(caseId, `${assignee} holds it until ${lockedUntil}`);
  }

  async #labelAll({ row, alerts }: CaseDetail, { label }: CaseOrder): Promise<number> {
    if (label === null) return 0;
    let labelled = 0;
    for (const { transactionId } of alerts) {
      if (transactionId === null) continue;
      const { row: decision } = await this.#parts.reads.decision(transactionId);
      if (decision === null || decision.label === label) continue;
      if (await this.#recordOnce(decision, label, `case-${row.caseId}-${label}-${transactionId}`)) labelled += 1;
    }
    return labelled;
  }

  /** False where the label had been recorded before. */
  async #recordOnce(row: DecisionRow, label: LabelName, eventId: string): Promise<boolean> {
    try {
      await this.#record(row, label, eventId);
      return true;
    } catch (error) {
      if (isPalisadeError(error, 'TRANSACTION_CONFLICT')) return false;
      throw error;
    }
  }

  async #record(row: DecisionRow, label: LabelName, eventId: string): Promise<{ eventId: string }> {
    const { transactionId, cardId, accountId, deviceId, merchantId } = row;
    const event: Label = {
      type: 'label',
      eventId,
      occurredAt: this.#nowIso(),
      transactionId,
      label,
      cardId,
      accountId,
      ...(deviceId === null ? {} : { deviceId }),
      ...(merchantId === null ? {} : { merchantId }),
    };
    await this.#parts.engine.record(event);
    return { eventId };
  }

  async #append(caseId: string, revision: Revision, order: CaseOrder): Promise<Position> {
    const { log, clock, random } = this.#parts;
    const until = order.action === 'take' ? new Date(clock.nowMs() + LOCK_MS).toISOString() : order.until;
    const assignee = order.action === 'take' ? order.by : order.assignee;
    const fact: CaseChanged = { type: 'CaseChanged', caseId, ...order, assignee, until, recordedAt: this.#nowIso() };
    const position = await appendSurely(log, clock, {
      recordId: `c:${random.id()}`,
      type: fact.type,
      body: encodeFact(fact),
      streams: [{ stream: caseStreamOf(caseId), expectedRevision: revision }],
    });
    this.#remember(caseId, revision + 1);
    return position;
  }

  #remember(caseId: string, revision: Revision): void {
    this.#revisions.delete(caseId);
    this.#revisions.set(caseId, revision);
    for (const oldest of this.#revisions.keys()) {
      if (this.#revisions.size <= REMEMBERED_MAX) return;
      this.#revisions.delete(oldest);
    }
  }

  #nowIso(): string {
    return new Date(this.#parts.clock.nowMs()).toISOString();
  }
}

/** Cases whose newest revision is kept at hand. */
const REMEMBERED_MAX = 1_000;

function refused(caseId: string, reason: string): PalisadeError {
  const message = `Cannot change the case as ${reason}: ${caseId}. Read the case again.`;
  return new PalisadeError('CASE_REFUSED', message);
}
