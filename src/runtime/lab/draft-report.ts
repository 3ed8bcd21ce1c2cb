import type { BacktestResult } from '../../domain/backtest-result.ts';
import type { Position } from '../../domain/entities.ts';
import type { RulesetProblem } from '../../ports/engine.ts';
import type {
  BacktestRun,
  DraftBacktest,
  DraftDetail,
  DraftRow,
  DraftShadow,
  DraftStep,
  Publication,
  RunProgress,
} from '../../ports/ruleset-lab.ts';
import { parseRuleset } from '../../rules/mod.ts';
import type { Draft } from './draft-book.ts';

/** A backtest of this process that is not in the log. */
export type Backtesting = {
  readonly state: 'running' | 'failed';
  readonly version: string;
  readonly by: string;
  readonly at: string;
  readonly message: string;
  readonly progress: () => RunProgress;
};

/** A backtest that has begun. */
export function backtestOf(version: string, by: string, at: string, run: BacktestRun): Backtesting {
  return { state: 'running', version, by, at, message: '', progress: () => run.progress() };
}

/** What a shadow says now, or why it says nothing. */
export type ShadowSaying = {
  readonly result: BacktestResult | null;
  readonly position: Position;
  readonly message: string;
};

export type ReportContext = { readonly inForce: string; readonly publications: readonly Publication[] };

type Reading = { readonly name: string; readonly problems: readonly RulesetProblem[] };

/** What was read of each text: reading one takes milliseconds, and drafts are listed more often than changed. */
const READINGS = new WeakMap<Draft, Reading>();

function readingOf(draft: Draft): Reading {
  const known = READINGS.get(draft);
  if (known !== undefined) return known;
  const parsed = parseRuleset(draft.text);
  const reading = parsed.ok ? { name: parsed.ruleset.name, problems: [] } : { name: '', problems: parsed.problems };
  READINGS.set(draft, reading);
  return reading;
}

/** A draft as a line of a list. */
export function rowOf(draft: Draft, backtesting: Backtesting | null, context: ReportContext): DraftRow {
  const { draftId, version, authors, note, createdAt, changedAt, approval, shadow, lastBacktest } = draft;
  const { name, problems } = readingOf(draft);
  const published = context.publications.findLast((each) => each.draftId === draftId && each.version === version);
  return {
    draftId,
    name,
    version,
    problemCount: problems.length,
    authors,
    note,
    createdAt,
    changedAt,
    approvedBy: approval?.by ?? null,
    approvedAt: approval?.at ?? null,
    isInShadow: shadow !== null,
    backtest: backtesting?.state ?? (lastBacktest === null ? null : 'done'),
    isInForce: version !== '' && version === context.inForce,
    publishedAt: published?.publishedAt ?? null,
  };
}

/** A draft with everything that was done with it. `saying` is null where it does not run in the shadow here. */
export function detailOf(
  draft: Draft,
  backtesting: Backtesting | null,
  saying: ShadowSaying | null,
  context: ReportContext & { readonly headPosition: Position },
): DraftDetail {
  return {
    row: rowOf(draft, backtesting, context),
    text: draft.text,
    problems: readingOf(draft).problems,
    history: historyOf(draft, context.publications),
    backtest: backtestReport(draft, backtesting),
    shadow: shadowReport(draft, saying, context.headPosition),
  };
}

function historyOf({ draftId, history }: Draft, publications: readonly Publication[]): readonly DraftStep[] {
  const published = publications
    .filter((publication) => publication.draftId === draftId)
    .map(({ publishedAt: at, by, version, note }): DraftStep => {
      return { action: 'publish', by, at, version, note, hash: null };
    });
  // Stable: of two steps of one moment, that which came later stays first.
  return [...published.toReversed(), ...history].sort((one, other) =>
    one.at < other.at ? 1 : one.at > other.at ? -1 : 0,
  );
}

function backtestReport({ lastBacktest }: Draft, backtesting: Backtesting | null): DraftBacktest | null {
  if (backtesting !== null) {
    const { state, version, by, at, message, progress } = backtesting;
    return { ...progress(), state, version, by, at, message, result: null };
  }
  if (lastBacktest === null) return null;
  const { result, through, version, by, at } = lastBacktest;
  return { position: through, endPosition: through, state: 'done', version, by, at, message: '', result };
}

function shadowReport(draft: Draft, saying: ShadowSaying | null, endPosition: Position): DraftShadow | null {
  const { shadow, lastShadow, version } = draft;
  if (shadow !== null) {
    const { by, at, after } = shadow;
    const { result, position, message } = saying ?? { result: null, position: after, message: '' };
    return { isRunning: true, position, endPosition, version, by, at, message, result };
  }
  if (lastShadow === null) return null;
  const { through, ...rest } = lastShadow;
  return { isRunning: false, position: through, endPosition: through, message: '', ...rest };
}
