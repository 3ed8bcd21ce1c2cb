import type { Decision, EvidenceValue, Outcome } from '../domain/decision.ts';
import type { ActorKind, EntityKind, Position, Revision } from '../domain/entities.ts';
import type { Transaction } from '../domain/events.ts';

/** One rule of the ruleset that decided, and what it saw. */
export type ExplainedRule = {
  readonly ruleId: string;
  readonly state: 'active' | 'shadow' | 'off';
  readonly when: string;
  readonly outcome: Outcome | 'alert';
  readonly score: number;
  readonly reason: string;
  readonly verdict: 'hit' | 'miss' | 'failed';
  readonly message: string;
  readonly isSuppressed: boolean;
  readonly values: Readonly<Record<string, EvidenceValue>>;
};

/** An actor as it stood when the decision was made: rebuilt from its stream up to the revision before. */
export type PastActor = {
  readonly kind: ActorKind;
  readonly id: string;
  /** -1 where the transaction was the first that is known of it. */
  readonly revision: Revision;
  readonly status: string;
  readonly homeCountry: string;
  readonly fraudLabels: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Values of its features with the transaction taken in, as the rules saw them. */
  readonly windows: Readonly<Record<string, number>>;
};

/** A value of a feature as the record has it, and as it was rebuilt. */
export type ComparedFeature = {
  readonly feature: string;
  readonly recorded: number | null;
  readonly rebuilt: number | null;
};

/** What a change of one thing would have made of the decision, and of which rules. */
export type Counterfactual = {
  readonly change: 'amount' | 'time' | 'place';
  /** In words: `amountMinor 12500 instead of 41250`. */
  readonly summary: string;
  /** Members of the transaction that differ; null for one that is left out. */
  readonly members: Readonly<Record<string, string | number | null>>;
  readonly outcome: Outcome;
  readonly score: number;
  readonly reasons: readonly string[];
};

/** Why a decision was made, from the log alone. */
export type Explanation = {
  readonly position: Position;
  readonly transaction: Transaction;
  readonly decision: Decision;
  /** Whether the rules, run again over the rebuilt actors, come to the recorded decision. */
  readonly isReproduced: boolean;
  /** Why not; '' where they do. */
  readonly difference: string;
  /** What the rules said, where the fallback policy answered in their place. */
  readonly rebuilt: { readonly outcome: Outcome; readonly score: number; readonly reasons: readonly string[] };
  readonly rules: readonly ExplainedRule[];
  readonly actors: readonly PastActor[];
  /** Features that were not rebuilt to the recorded value; none where all were. */
  readonly differingFeatures: readonly ComparedFeature[];
  readonly counterfactuals: readonly Counterfactual[];
};

/** What made a revision of an entity: `says` is the outcome, the status of a login, the signal, the label. */
export type HistoryCause = {
  readonly type: string;
  readonly id: string;
  /** Event time, RFC 3339 UTC. */
  readonly at: string;
  readonly says: string;
};

/** An entity after one record of its stream. */
export type EntityPoint = {
  readonly revision: Revision;
  readonly position: Position;
  readonly status: string;
  readonly cause: HistoryCause;
  readonly windows: Readonly<Record<string, number>>;
};

export type StatusChange = {
  readonly revision: Revision;
  readonly from: string;
  readonly to: string;
  readonly cause: HistoryCause;
};

/** How an entity came to be what it is; oldest first. */
export type EntityHistory = {
  readonly features: readonly string[];
  readonly points: readonly EntityPoint[];
  readonly changes: readonly StatusChange[];
};

/** Which part of the history of an entity: up to a revision, under the features of a version that was published. */
export type HistoryQuery = {
  readonly kind: EntityKind;
  readonly id: string;
  readonly rulesetVersion: string;
  readonly toRevision: Revision;
  readonly pointsMax: number;
};

/** What is worked out from the log beside the engine: nothing it does is seen by a live actor. */
export interface Laboratory {
  /** Null where there is no such decision. Rejects with LOG_ errors, or RECORD_UNREADABLE. */
  explain(transactionId: string): Promise<Explanation | null>;
  /** Null where that version of the ruleset was never published. Rejects with LOG_ errors, or RECORD_UNREADABLE. */
  history(query: HistoryQuery): Promise<EntityHistory | null>;
}
