import type { Outcome } from '../domain/decision.ts';
import type { ActorKind } from '../domain/entities.ts';
import type { EventSource } from '../domain/events.ts';
import type { FeatureSpec } from '../domain/features.ts';
import type { ListEntry } from '../domain/lists.ts';
import type { TableSpec } from '../domain/tables.ts';
import type { FeatureTimes, RevisionSpec, ViewRule, ViewSpec } from '../domain/views.ts';

/** `active` rules act, `shadow` rules are evaluated and recorded, `off` rules are checked at load and then idle. */
export const RULE_STATES = ['active', 'shadow', 'off'] as const;
export type RuleState = (typeof RULE_STATES)[number];

/** One rule. `alert` is the outcome of the rules for logins and signals: it has no effect on a decision. */
export type Rule = {
  readonly id: string;
  readonly on: EventSource;
  /** CEL condition, checked at load to be a bool. */
  readonly when: string;
  readonly outcome: Outcome | 'alert';
  /** 0 to 100. */
  readonly score: number;
  readonly reason: string;
  readonly state: RuleState;
  /** What the rule says when its condition cannot be evaluated. */
  readonly onError: Outcome;
  readonly description: string;
  /** Names of the responses that a hit asks for. */
  readonly respond: readonly string[];
};

/** One line of the fallback policy; null fits everything. `amountMax` is in major units of the base currency. */
export type FallbackEntry = {
  readonly channel: string | null;
  readonly amountMax: number | null;
  readonly outcome: Outcome;
};

/** Rates turn major units of a currency into major units of the base currency. */
export type CurrencyTable = { readonly base: string; readonly rates: Readonly<Record<string, number>> };

/** ISO 8583 field 39 for each outcome. */
export type ResponseCodes = Readonly<Record<Outcome, string>>;

/** How hits become an answer. A threshold of Infinity is never reached. */
export type Policy = {
  readonly thresholds: { readonly challenge: number; readonly review: number; readonly decline: number };
  /** Score that each hit on the watch list adds. */
  readonly watchScore: number;
  /** Deadline of a call that states none, ms. */
  readonly deadlineMs: number;
  /** What a transaction in a currency without a rate comes to at least. */
  readonly unknownCurrency: Outcome;
  /** First match answers; the last entry fits everything. */
  readonly fallback: readonly FallbackEntry[];
  readonly responseCodes: ResponseCodes;
  readonly fallbackResponseCodes: ResponseCodes;
};

/** A valid ruleset. Features are ordered by kind (as ACTOR_KINDS) and then by name; rules as they are written. */
export type Ruleset = {
  /** First 32 hexadecimal digits of the SHA-256 of the meaning: comments and layout do not change it. */
  readonly version: string;
  readonly name: string;
  readonly text: string;
  readonly currency: CurrencyTable;
  readonly features: readonly FeatureSpec[];
  /** How late an event may come to be counted; null where features take every event in. */
  readonly featureTimes: FeatureTimes | null;
  /** Which approvals a late event has evaluated anew; null for none. */
  readonly revisions: RevisionSpec | null;
  /** Ordered by name. */
  readonly tables: readonly TableSpec[];
  /** A view comes after those that it reads. */
  readonly views: readonly ViewSpec[];
  readonly rules: readonly Rule[];
  /** Rules with `on: view.<name>`: they raise alerts and answer nothing. */
  readonly viewRules: readonly ViewRule[];
  /** Entries that come and go with the ruleset. */
  readonly lists: readonly ListEntry[];
  readonly policy: Policy;
  /** Kinds that a feature or a rule that is not off reads; card and account always. */
  readonly kinds: readonly ActorKind[];
};
