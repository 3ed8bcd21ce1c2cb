/** Outcomes by severity, mildest first: the most severe hit wins. */
export const OUTCOMES = ['approve', 'challenge', 'review', 'decline'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** `full`: every rule evaluated. `degraded`: a rule failed or an input was missing. `fallback`: past the deadline. */
export const MODES = ['full', 'degraded', 'fallback'] as const;
export type Mode = (typeof MODES)[number];

/** Place of an outcome in the order of severity. */
export function severityOf(outcome: Outcome): number {
  return OUTCOMES.indexOf(outcome);
}

export type EvidenceValue = number | string | boolean;

/** Why: a stable code, the rule that gave it, and the values that the rule read. */
export type Reason = {
  readonly code: string;
  readonly ruleId: string;
  readonly outcome: Outcome;
  readonly score: number;
  readonly evidence: Readonly<Record<string, EvidenceValue>>;
};

/** A rule that could not be evaluated, and what its fail policy made of that. */
export type RuleFailure = { readonly ruleId: string; readonly message: string; readonly resolvedAs: Outcome };

/** What the rules and the policy made of an event: the pure part of a decision. */
export type Assessment = {
  readonly outcome: Outcome;
  /** 0 to 100. */
  readonly score: number;
  readonly mode: Mode;
  readonly reasons: readonly Reason[];
  /** What shadow rules would have said; never acted on. */
  readonly shadow: readonly Reason[];
  readonly failures: readonly RuleFailure[];
  /** Names of the responses (sagas) that the hits ask for. */
  readonly responses: readonly string[];
};

/** Revisions of the actors after this event: where to rebuild what the rules saw. */
export type ActorRevisions = Readonly<Record<string, number>>;

/** The answer to an authorization, exactly as it is sent and stored. */
export type Decision = {
  readonly transactionId: string;
  readonly outcome: Outcome;
  readonly score: number;
  readonly mode: Mode;
  /** ISO 8583 field 39: 00 approved, 05 do not honour, 1A additional authentication required, 59 suspected fraud ... */
  readonly responseCode: string;
  readonly reasons: readonly Reason[];
  readonly shadow: readonly Reason[];
  readonly failures: readonly RuleFailure[];
  readonly responses: readonly string[];
  readonly rulesetVersion: string;
  readonly revisions: ActorRevisions;
  /** When the engine decided, RFC 3339 UTC. */
  readonly decidedAt: string;
};
