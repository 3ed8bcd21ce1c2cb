import { decodeFact } from '../../codec/mod.ts';
import type { Fact } from '../../domain/records.ts';
import type { SagaCause, SagaData, SagaSource } from '../../domain/sagas.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import type { SagaDefinition, SagaOccasion } from '../../ports/saga.ts';

/** What a name under `respond`, an outcome or a correction sets off: a kind of saga, with options of its own. */
export type SagaResponse = { readonly saga: string; readonly options: SagaData };

/** What sets off sagas, from the file of responses. */
export type ResponseMap = {
  /** By the name that a rule's `respond` gives. */
  readonly byName: ReadonlyMap<string, SagaResponse>;
  /** By the outcome of a decision, whichever rule it comes from. */
  readonly byOutcome: ReadonlyMap<string, SagaResponse>;
  /** For a decision that its caller was told otherwise, or never heard; null for none. */
  readonly onCorrection: SagaResponse | null;
};

/** One saga that a record asks for. */
export type AskedSaga = {
  readonly kind: string;
  readonly id: string;
  readonly input: SagaData;
  readonly cause: SagaCause;
};

const RESPONSES = '"responses":["';
const DECISION_LENGTH = '"decisionLength":';

/** Finds what the records of the log ask for. One that asks for nothing costs a search in its text, no parsing. */
export class AskingFacts {
  readonly #responses: ResponseMap;
  readonly #definitions: ReadonlyMap<string, SagaDefinition>;
  readonly #outcomeTexts: readonly string[];

  constructor(responses: ResponseMap, definitions: ReadonlyMap<string, SagaDefinition>) {
    this.#responses = responses;
    this.#definitions = definitions;
    this.#outcomeTexts = [...responses.byOutcome.keys()].map((outcome) => `"outcome":"${outcome}"`);
  }

  /** The sagas that a record asks for, in the order of its responses. Throws RECORD_UNREADABLE. */
  of(record: StoredRecord): readonly AskedSaga[] {
    if (!this.#mayAsk(record)) return [];
    const fact = decodeFact(record.type, record.body);
    const asked = new Map<string, AskedSaga>();
    const occasion = occasionOf(fact);
    if (occasion === null) return [];
    for (const [source, response] of this.#responsesTo(fact)) {
      const definition = this.#definitions.get(response.saga);
      for (const { id, input } of definition?.targetsOf(occasion, response.options) ?? []) {
        const name = `${response.saga}\n${id}`;
        if (!asked.has(name))
          asked.set(name, { kind: response.saga, id, input, cause: causeOf(record, source, occasion) });
      }
    }
    return [...asked.values()];
  }

  #mayAsk({ type, body }: StoredRecord): boolean {
    if (type === 'TransactionDecided') return body.includes(RESPONSES) || this.#hasOutcome(body);
    if (type === 'SideEventRecorded' || type === 'AlertRaised') return body.includes(RESPONSES);
    return type === 'DecisionSuperseded' || type === 'ApprovalUnheard';
  }

  /** The outcome stands near the start of the decision, which ends the body and whose length stands at its start. */
  #hasOutcome(body: string): boolean {
    if (this.#outcomeTexts.length === 0) return false;
    const at = body.indexOf(DECISION_LENGTH);
    const length = Number.parseInt(body.slice(at + DECISION_LENGTH.length, at + DECISION_LENGTH.length + 9), 10);
    const head = body.slice(-1 - length).slice(0, 600);
    return this.#outcomeTexts.some((text) => head.includes(text));
  }

  #responsesTo(fact: Fact): readonly (readonly [SagaSource, SagaResponse])[] {
    const { byName, byOutcome, onCorrection } = this.#responses;
    const found: [SagaSource, SagaResponse][] = [];
    const add = (source: SagaSource, response: SagaResponse | null | undefined): void => {
      if (response !== null && response !== undefined) found.push([source, response]);
    };
    if (fact.type === 'DecisionSuperseded') add('late_data', onCorrection);
    if (fact.type === 'ApprovalUnheard') add('decision', onCorrection);
    if (fact.type === 'TransactionDecided') {
      for (const name of fact.decision.responses) add('rule', byName.get(name));
      add('decision', byOutcome.get(fact.decision.outcome));
    }
    if (fact.type === 'SideEventRecorded') {
      for (const name of fact.assessment?.responses ?? []) add('rule', byName.get(name));
    }
    if (fact.type === 'AlertRaised' && fact.state === 'active') {
      for (const name of fact.responses) add('view', byName.get(name));
    }
    return found;
  }
}

const SUBJECTS = ['cardId', 'accountId', 'deviceId', 'merchantId', 'ip', 'bin'];

/** The members of an event, or of the group of a view's row, that say whom it is about. */
function subjectsOf(members: object): Readonly<Record<string, string>> {
  const found = Object.entries(members).filter(([name, value]) => SUBJECTS.includes(name) && typeof value === 'string');
  return Object.fromEntries(found);
}

function occasionOf(fact: Fact): SagaOccasion | null {
  switch (fact.type) {
    case 'TransactionDecided': {
      const { outcome, mode, score, reasons } = fact.decision;
      const { transaction } = fact;
      const subjects = subjectsOf(transaction);
      return { source: 'transaction', transaction, subjects, outcome, mode, score, reasons, supersededOutcome: '' };
    }
    case 'DecisionSuperseded': {
      const { transaction, superseded, decision, revisedBy } = fact;
      const { outcome, mode, score } = decision;
      const { outcome: supersededOutcome } = superseded;
      const subjects = subjectsOf(transaction);
      const isRevision = revisedBy !== undefined;
      // The rules' reasons: those of a fallback are none.
      const { reasons } = isRevision ? decision : superseded;
      const source = isRevision ? 'revision' : 'correction';
      return { source, transaction, subjects, outcome, mode, score, reasons, supersededOutcome };
    }
    case 'ApprovalUnheard': {
      const { transaction } = fact;
      const subjects = subjectsOf(transaction);
      return { ...UNHEARD_OCCASION, transaction, subjects };
    }
    case 'SideEventRecorded': {
      const { event, assessment } = fact;
      if (assessment === null || (event.type !== 'login' && event.type !== 'signal')) return null;
      const { outcome, mode, score, reasons } = assessment;
      const { type: source } = event;
      const subjects = subjectsOf(event);
      return { source, transaction: null, subjects, outcome, mode, score, reasons, supersededOutcome: '' };
    }
    case 'AlertRaised': {
      const { ruleId, reason: code, score, place } = fact;
      const reasons = [{ code, ruleId, outcome: 'alert' }];
      const subjects = subjectsOf(place.group);
      return { ...VIEW_OCCASION, subjects, score, reasons };
    }
    default:
      return null;
  }
}

const UNHEARD_OCCASION = {
  source: 'unheard',
  outcome: 'approve',
  mode: 'full',
  score: 0,
  reasons: [],
  supersededOutcome: '',
} as const;

const VIEW_OCCASION = {
  source: 'view',
  transaction: null,
  outcome: 'alert',
  mode: 'full',
  supersededOutcome: '',
} as const;

function causeOf(record: StoredRecord, source: SagaSource, { reasons }: SagaOccasion): SagaCause {
  return {
    source,
    position: record.position,
    reference: record.recordId,
    by: '',
    reasons: [...new Set(reasons.map(({ code }) => code))],
  };
}
