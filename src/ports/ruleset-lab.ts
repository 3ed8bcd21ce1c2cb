import type { BacktestResult } from '../domain/backtest-result.ts';
import type { DraftAction, PublicationSource } from '../domain/draft-facts.ts';
import type { Position } from '../domain/entities.ts';
import type { RulesetProblem, RulesetReport } from './engine.ts';

/** A ruleset that was put into force at some time, newest first in lists. Times are RFC 3339 UTC. */
export type Publication = {
  readonly version: string;
  readonly publishedAt: string;
  /** Null in records of before origins were told. */
  readonly source: PublicationSource | null;
  readonly by: string;
  readonly draftId: string | null;
  readonly approvedBy: string | null;
  readonly note: string;
};

/** How far a run over the log is. */
export type RunProgress = { readonly position: Position; readonly endPosition: Position };

/** The newest backtest of a draft. `version` is that of the text which ran: the draft may have changed since. */
export type DraftBacktest = RunProgress & {
  readonly state: 'running' | 'done' | 'failed';
  readonly version: string;
  readonly by: string;
  readonly at: string;
  /** Why it failed; else ''. */
  readonly message: string;
  /** Null until it is done. */
  readonly result: BacktestResult | null;
};

/** What the draft made of the traffic that it ran beside. `position` is how far it is, `endPosition` the log's head. */
export type DraftShadow = RunProgress & {
  readonly isRunning: boolean;
  readonly version: string;
  readonly by: string;
  /** When it began, or, where it has ended, when it did. */
  readonly at: string;
  readonly message: string;
  readonly result: BacktestResult | null;
};

export type DraftRow = {
  readonly draftId: string;
  /** Name and version of the ruleset in it; '' where the text is no valid one. */
  readonly name: string;
  readonly version: string;
  readonly problemCount: number;
  /** Everybody who wrote its text. */
  readonly authors: readonly string[];
  readonly note: string;
  readonly createdAt: string;
  readonly changedAt: string;
  readonly approvedBy: string | null;
  readonly approvedAt: string | null;
  readonly isInShadow: boolean;
  readonly backtest: DraftBacktest['state'] | null;
  readonly isInForce: boolean;
  /** When this version of it was put into force; null where it never was. */
  readonly publishedAt: string | null;
};

/** One line of a draft's audit trail. */
export type DraftStep = {
  readonly action: DraftAction | 'publish';
  readonly by: string;
  readonly at: string;
  readonly version: string;
  readonly note: string;
  /** Hash of the result, where the step has one. */
  readonly hash: string | null;
};

export type DraftDetail = {
  readonly row: DraftRow;
  readonly text: string;
  readonly problems: readonly RulesetProblem[];
  /** Newest first. */
  readonly history: readonly DraftStep[];
  readonly backtest: DraftBacktest | null;
  readonly shadow: DraftShadow | null;
};

export type RulesetShelf = {
  readonly inForce: string;
  readonly drafts: readonly DraftRow[];
  readonly publications: readonly Publication[];
};

/** The same, with who asked: null where calls need no key. */
export type RulesetShelfAnswer = RulesetShelf & { readonly caller: Author };

/** Who asks: the id of a key; null where calls need none, so that nobody can be told from anybody else. */
export type Author = string | null;

export type DraftText = {
  readonly text: string;
  readonly note: string;
  /** `changedAt` of the draft that the text was made from: one that was changed since is not overwritten. Or `none`. */
  readonly basedOn: string | null;
};

/**
 * Where rulesets are drafted, tried, approved and put into force. Each step is a fact of the log. Rejects with
 * DRAFT_REFUSED, APPROVAL_NEEDED, RULESET_INVALID or a LOG_ error; null where there is no such draft.
 */
export interface RulesetLab {
  shelf(): Promise<RulesetShelf>;
  read(draftId: string): Promise<DraftDetail | null>;
  /** Makes the draft, or gives it another text: an approval that it had is gone. */
  save(draftId: string, text: DraftText, by: Author): Promise<DraftDetail>;
  remove(draftId: string, by: Author): Promise<boolean>;
  startBacktest(draftId: string, by: Author): Promise<DraftDetail | null>;
  cancelBacktest(draftId: string): Promise<DraftDetail | null>;
  startShadow(draftId: string, by: Author): Promise<DraftDetail | null>;
  stopShadow(draftId: string, by: Author): Promise<DraftDetail | null>;
  /** By another key than those that wrote the text. */
  approve(draftId: string, note: string, by: Author): Promise<DraftDetail | null>;
  /** Puts an approved draft into force. */
  publish(draftId: string, note: string, by: Author): Promise<RulesetReport | null>;
  /** The text that a version was published as; null where it never was. */
  publishedText(version: string): Promise<string | null>;
  /** Puts a version that was in force before into force again; null where it never was. */
  rollBack(version: string, note: string, by: Author): Promise<RulesetReport | null>;
}

/** A backtest under way. */
export type BacktestRun = {
  readonly done: Promise<BacktestResult>;
  progress(): RunProgress;
  /** Ends it; `done` rejects then. */
  cancel(): void;
};

/** A draft beside the live traffic. */
export type ShadowRun = {
  /** Rejects with what it failed by. */
  report(): Promise<{ readonly result: BacktestResult; readonly position: Position }>;
  stop(): void;
};

/** Runs drafts over the log, away from the thread that decides. */
export interface Trials {
  backtest(text: string, endPosition: Position): BacktestRun;
  /** Everything after the position. */
  shadow(text: string, afterPosition: Position): ShadowRun;
}
