import type { Outcome } from './decision.ts';

/** Decisions of one group: what the draft makes of them, against what was answered. Amounts in base currency. */
export type BacktestGroup = {
  readonly decisions: number;
  /** Decisions with another outcome than was answered. */
  readonly flipped: number;
  /** Flipped to a more severe outcome, and to a milder one. */
  readonly stricter: number;
  readonly milder: number;
  /** Declined by the draft and not before: labelled as fraud, and the sum of those. */
  readonly fraudStopped: number;
  readonly amountSaved: number;
  /** Declined before and not by the draft, though labelled as fraud. */
  readonly fraudMissed: number;
  readonly amountLost: number;
  /** Made stricter though labelled legitimate, and without a label. */
  readonly goodHurt: number;
  readonly unlabelledHurt: number;
};

/** One rule of the draft. */
export type BacktestRule = {
  readonly ruleId: string;
  readonly state: string;
  /** Decisions that it hit, acting; in the shadow; that no other rule hit. */
  readonly hits: number;
  readonly shadowHits: number;
  readonly soleHits: number;
  /** Hits that were labelled. */
  readonly fraudHits: number;
  readonly legitimateHits: number;
  /** Decisions that it hit and that became stricter, by label. */
  readonly fraudStopped: number;
  readonly amountSaved: number;
  readonly goodHurt: number;
};

/** A decision that the draft answers otherwise. */
export type FlippedDecision = {
  readonly transactionId: string;
  readonly before: Outcome;
  readonly after: Outcome;
  readonly amount: number;
  readonly label: string | null;
  readonly rules: readonly string[];
};

/** What a draft would have made of a history. Equal inputs give equal results, and equal hashes. */
export type BacktestResult = {
  readonly draftVersion: string;
  readonly records: number;
  readonly total: BacktestGroup;
  readonly rules: readonly BacktestRule[];
  /** By channel and by country: `channel:ecommerce`, `country:DE`. */
  readonly segments: Readonly<Record<string, BacktestGroup>>;
  readonly outcomes: Readonly<Record<Outcome, { readonly before: number; readonly after: number }>>;
  /** The first of them in the log. */
  readonly flips: readonly FlippedDecision[];
  /** Over every decision of the draft: its transaction, outcome, score and rules. */
  readonly hash: string;
};
