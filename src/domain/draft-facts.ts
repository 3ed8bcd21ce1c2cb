import type { BacktestResult } from './backtest-result.ts';
import type { Position } from './entities.ts';

/** What people do with a draft of a ruleset. That a draft was published stands in the publication. */
export const DRAFT_ACTIONS = ['save', 'delete', 'backtest', 'shadow', 'unshadow', 'approve'] as const;
export type DraftAction = (typeof DRAFT_ACTIONS)[number];

/** Stream of everything that was done with drafts. */
export const DRAFTS_STREAM = 'drafts';

/** One step of a draft on its way into force: a fact, and its audit trail. */
export type DraftChanged = {
  readonly type: 'DraftChanged';
  readonly draftId: string;
  readonly action: DraftAction;
  /** Id of the key that called; '' where calls need none. */
  readonly by: string;
  /** Version of the text that the step is about; '' where the text is no valid ruleset. */
  readonly version: string;
  /** The whole text, for `save`; else null. */
  readonly text: string | null;
  readonly note: string;
  /** What a backtest, or a time in the shadow, came to; else null. */
  readonly result: BacktestResult | null;
  /** How far in the log the result goes; else null. */
  readonly through: Position | null;
  readonly recordedAt: string;
};

/** How a ruleset came into force. */
export const PUBLICATION_SOURCES = ['default', 'file', 'api', 'draft', 'rollback'] as const;
export type PublicationSource = (typeof PUBLICATION_SOURCES)[number];

/** Who put a ruleset into force, and how. */
export type PublicationOrigin = {
  readonly source: PublicationSource;
  /** Id of the key that called; '' where there was none. */
  readonly by: string;
  readonly draftId: string | null;
  readonly approvedBy: string | null;
  readonly note: string;
};
