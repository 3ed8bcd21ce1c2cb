import type { DraftAction, DraftChanged, PublicationOrigin } from '../../domain/draft-facts.ts';
import type { Position } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { RulesetReport } from '../../ports/engine.ts';
import type { Logger } from '../../ports/logger.ts';
import type {
  Author,
  BacktestRun,
  DraftDetail,
  DraftText,
  Publication,
  RulesetLab,
  RulesetShelf,
  ShadowRun,
  Trials,
} from '../../ports/ruleset-lab.ts';
import { parseRuleset, type Ruleset } from '../../rules/mod.ts';
import { type Draft, DraftBook, type DraftBookParts } from './draft-book.ts';
import { type Backtesting, backtestOf, detailOf, rowOf } from './draft-report.ts';

/** Drafts that there may be: each is kept in memory with its text. */
const DRAFTS_MAX = 200;
/** Drafts in the shadow at a time: each has a thread, and reads the log once more. */
const SHADOWS_MAX = 3;

/** What the desk needs of the engine. */
export type PublishingEngine = {
  ruleset(): RulesetReport;
  publications(): readonly Publication[];
  publishedText(version: string): Promise<string | null>;
  publishRuleset(text: string, origin: PublicationOrigin): Promise<RulesetReport>;
};

export type RulesetDeskParts = DraftBookParts & {
  readonly engine: PublishingEngine;
  readonly trials: Trials;
  readonly logger: Logger;
};

/** Where rulesets are drafted, tried beside the traffic and over the past, approved and published. */
export class RulesetDesk implements RulesetLab {
  readonly #parts: RulesetDeskParts;
  readonly #book: DraftBook;
  readonly #backtests = new Map<string, Backtesting & { readonly run: BacktestRun }>();
  readonly #shadows = new Map<string, { readonly run: ShadowRun; readonly after: Position }>();
  /** Shadows that are being ended: they are not begun again meanwhile. */
  readonly #ending = new Set<string>();

  private constructor(parts: RulesetDeskParts) {
    this.#parts = parts;
    this.#book = new DraftBook(parts);
  }

  /** Reads the drafts, and goes on with those that were in the shadow. Rejects with LOG_ errors. */
  static async open(parts: RulesetDeskParts): Promise<RulesetDesk> {
    const desk = new RulesetDesk(parts);
    await desk.#refresh();
    return desk;
  }

  /** Ends what runs; a shadow goes on after the next start. */
  close(): void {
    for (const { run } of this.#backtests.values()) run.cancel();
    for (const { run } of this.#shadows.values()) run.stop();
  }

  async shelf(): Promise<RulesetShelf> {
    await this.#refresh();
    const { engine } = this.#parts;
    const context = this.#context();
    const drafts = this.#book
      .all()
      .map((draft) => rowOf(draft, this.#backtests.get(draft.draftId) ?? null, context))
      .sort((one, other) => (one.changedAt < other.changedAt ? 1 : -1));
    return { inForce: engine.ruleset().version, drafts, publications: engine.publications().toReversed() };
  }

  async read(draftId: string): Promise<DraftDetail | null> {
    await this.#refresh();
    const draft = this.#book.get(draftId);
    if (draft === null) return null;
    const backtesting = this.#backtests.get(draftId) ?? null;
    const running = this.#shadows.get(draftId);
    let shadow: Parameters<typeof detailOf>[2] = null;
    if (running !== undefined) {
      try {
        shadow = { ...(await running.run.report()), message: '' };
      } catch (error) {
        shadow = { result: null, position: draft.shadow?.after ?? 0, message: messageOf(error) };
      }
    }
    return detailOf(draft, backtesting, shadow, { ...this.#context(), headPosition: this.#headPosition() });
  }

  async save(draftId: string, { text, note, basedOn }: DraftText, by: Author): Promise<DraftDetail> {
    const parsed = parseRuleset(text);
    const version = parsed.ok ? parsed.ruleset.version : '';
    await this.#refresh();
    if (this.#book.get(draftId)?.version !== version) await this.#endShadow(draftId, by);
    await this.#book.take(draftId, (draft) => {
      if (draft === null && this.#book.all().length >= DRAFTS_MAX) {
        throw refused(draftId, `there are ${DRAFTS_MAX} drafts already`, 'Delete one that is done with.');
      }
      if (draft !== null && basedOn === 'none')
        throw refused(draftId, 'there is a draft of this id', 'Choose another.');
      if (draft !== null && basedOn !== null && basedOn !== draft.changedAt) {
        const who = draft.history[0]?.by ?? '';
        const reason = `it was changed since, at ${draft.changedAt}${who === '' ? '' : ` by ${who}`}`;
        throw refused(draftId, reason, 'Read it again, and put your change into that text.');
      }
      return this.#step('save', { version }, by, { text, note });
    });
    return this.#mustRead(draftId);
  }

  async remove(draftId: string, by: Author): Promise<boolean> {
    await this.#refresh();
    if (this.#book.get(draftId) === null) return false;
    this.#backtests.get(draftId)?.run.cancel();
    await this.#endShadow(draftId, by);
    await this.#book.take(draftId, (draft) => this.#step('delete', there(draft, draftId), by));
    return true;
  }

  async startBacktest(draftId: string, by: Author): Promise<DraftDetail | null> {
    const draft = await this.#find(draftId);
    if (draft === null) return null;
    validOf(draft);
    const other = [...this.#backtests].find(([, { state }]) => state === 'running');
    if (other !== undefined) {
      throw refused(draftId, `a backtest of ${other[0]} runs`, 'Wait for its end, or cancel it.');
    }
    const endPosition = this.#headPosition();
    const run = this.#parts.trials.backtest(draft.text, endPosition);
    const backtesting = backtestOf(draft.version, by ?? '', this.#nowIso(), run);
    this.#backtests.set(draftId, { ...backtesting, run });
    void this.#finishBacktest(draftId, run, endPosition, by);
    return this.#mustRead(draftId);
  }

  async cancelBacktest(draftId: string): Promise<DraftDetail | null> {
    this.#backtests.get(draftId)?.run.cancel();
    this.#backtests.delete(draftId);
    return this.read(draftId);
  }

  async startShadow(draftId: string, by: Author): Promise<DraftDetail | null> {
    const draft = await this.#find(draftId);
    if (draft === null) return null;
    validOf(draft);
    if (draft.shadow !== null) throw refused(draftId, 'it runs in the shadow already', 'Look at what it finds.');
    if (this.#shadows.size >= SHADOWS_MAX) {
      throw refused(draftId, `${SHADOWS_MAX} drafts run in the shadow`, 'End one of them first.');
    }
    await this.#book.take(draftId, (now) => this.#step('shadow', validOf(there(now, draftId)), by));
    return this.#mustRead(draftId);
  }

  async stopShadow(draftId: string, by: Author): Promise<DraftDetail | null> {
    const draft = await this.#find(draftId);
    if (draft === null) return null;
    if (draft.shadow === null) throw refused(draftId, 'it does not run in the shadow', 'Begin that first.');
    await this.#endShadow(draftId, by);
    return this.#mustRead(draftId);
  }

  async approve(draftId: string, note: string, by: Author): Promise<DraftDetail | null> {
    if ((await this.#find(draftId)) === null) return null;
    await this.#book.take(draftId, (draft) => {
      const { version } = validOf(there(draft, draftId));
      const authors = draft?.authors ?? [];
      if (by === null) {
        const reason = 'calls need no key here, so that nobody can be told from its author';
        throw unapproved('approve', draftId, reason, 'Publish it, or start the engine with keys.');
      }
      if (authors.includes(by)) {
        const reason = `its text was written by the same key: ${by}`;
        throw unapproved('approve', draftId, reason, 'Let a second person approve it with a key of their own.');
      }
      return this.#step('approve', { version }, by, { note });
    });
    return this.#mustRead(draftId);
  }

  async publish(draftId: string, note: string, by: Author): Promise<RulesetReport | null> {
    const draft = await this.#find(draftId);
    if (draft === null) return null;
    const { version } = validOf(draft);
    if (version === this.#parts.engine.ruleset().version) {
      throw refused(draftId, `its version is in force: ${version}`, 'Change it first.');
    }
    // Where calls need no key there are no two persons to tell apart, and no door that is closed either.
    if (by !== null && draft.approval === null) {
      const remedy = `Let somebody with another key approve it: POST /v1/rulesets/${draftId}/approve.`;
      throw unapproved('publish', draftId, `nobody has approved version ${version}`, remedy);
    }
    const approvedBy = draft.approval?.by ?? null;
    const origin: PublicationOrigin = { source: 'draft', by: by ?? '', draftId, approvedBy, note };
    const report = await this.#parts.engine.publishRuleset(draft.text, origin);
    await this.#endShadow(draftId, by);
    return report;
  }

  publishedText(version: string): Promise<string | null> {
    return this.#parts.engine.publishedText(version);
  }

  async rollBack(version: string, note: string, by: Author): Promise<RulesetReport | null> {
    const { engine } = this.#parts;
    const text = await engine.publishedText(version);
    if (text === null) return null;
    if (version === engine.ruleset().version) throw refused(version, 'it is in force', 'Choose an earlier version.');
    return engine.publishRuleset(text, { source: 'rollback', by: by ?? '', draftId: null, approvedBy: null, note });
  }

  async #finishBacktest(draftId: string, run: BacktestRun, endPosition: Position, by: Author): Promise<void> {
    try {
      const result = await run.done;
      await this.#book.take(draftId, (draft) => {
        there(draft, draftId);
        return this.#step('backtest', { version: result.draftVersion }, by, { result, through: endPosition });
      });
      this.#backtests.delete(draftId);
    } catch (error) {
      const backtesting = this.#backtests.get(draftId);
      if (backtesting?.run !== run) return;
      this.#backtests.set(draftId, { ...backtesting, state: 'failed', message: messageOf(error) });
    }
  }

  /** Ends a shadow, and keeps what it came to. */
  async #endShadow(draftId: string, by: Author): Promise<void> {
    const run = this.#shadows.get(draftId)?.run;
    if (run === undefined) return;
    this.#ending.add(draftId);
    try {
      const report = await run.report().catch(() => null);
      await this.#book.take(draftId, (draft) =>
        this.#step('unshadow', there(draft, draftId), by, {
          result: report?.result ?? null,
          through: report?.position ?? null,
        }),
      );
      run.stop();
      this.#shadows.delete(draftId);
    } finally {
      this.#ending.delete(draftId);
    }
  }

  /** Takes in what other processes did, and lets those run that are in the shadow by now. */
  async #refresh(): Promise<void> {
    await this.#book.refresh();
    for (const [draftId, { run, after }] of this.#shadows) {
      if (this.#book.get(draftId)?.shadow?.after === after || this.#ending.has(draftId)) continue;
      run.stop();
      this.#shadows.delete(draftId);
    }
    for (const { draftId, shadow, text } of this.#book.all()) {
      if (shadow === null || this.#shadows.has(draftId) || this.#ending.has(draftId)) continue;
      const { after } = shadow;
      this.#shadows.set(draftId, { run: this.#parts.trials.shadow(text, after), after });
    }
  }

  async #find(draftId: string): Promise<Draft | null> {
    await this.#refresh();
    return this.#book.get(draftId);
  }

  async #mustRead(draftId: string): Promise<DraftDetail> {
    const detail = await this.read(draftId);
    if (detail === null) throw refused(draftId, 'it was deleted meanwhile', 'Make it again.');
    return detail;
  }

  #step(
    action: DraftAction,
    { version }: { readonly version: string },
    by: Author,
    rest: Partial<Pick<DraftChanged, 'text' | 'note' | 'result' | 'through'>> = {},
  ): Omit<DraftChanged, 'type' | 'draftId'> {
    const recordedAt = this.#nowIso();
    return { action, by: by ?? '', version, text: null, note: '', result: null, through: null, ...rest, recordedAt };
  }

  #context(): { readonly inForce: string; readonly publications: readonly Publication[] } {
    const { engine } = this.#parts;
    return { inForce: engine.ruleset().version, publications: engine.publications() };
  }

  #headPosition(): Position {
    return this.#parts.log.statistics().headPosition;
  }

  #nowIso(): string {
    return new Date(this.#parts.clock.nowMs()).toISOString();
  }
}

function there(draft: Draft | null, draftId: string): Draft {
  if (draft === null) throw refused(draftId, 'it was deleted meanwhile', 'Make it again.');
  return draft;
}

/** The ruleset of a draft. Throws RULESET_INVALID where its text is none. */
function validOf({ draftId, text }: Draft): Ruleset {
  const parsed = parseRuleset(text);
  if (parsed.ok) return parsed.ruleset;
  const message = `Cannot use the draft as it has ${parsed.problems.length} problem(s): ${draftId}. Correct its text.`;
  throw new PalisadeError('RULESET_INVALID', message, { fields: parsed.problems });
}

function refused(id: string, reason: string, remedy: string): PalisadeError {
  return new PalisadeError('DRAFT_REFUSED', `Cannot go on with the ruleset as ${reason}: ${id}. ${remedy}`);
}

function unapproved(what: string, draftId: string, reason: string, remedy: string): PalisadeError {
  return new PalisadeError('APPROVAL_NEEDED', `Cannot ${what} the draft ${draftId} as ${reason}. ${remedy}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
