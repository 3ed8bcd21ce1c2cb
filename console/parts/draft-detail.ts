import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useAction } from '../model/action.ts';
import { hrefOf } from '../model/address.ts';
import {
  approveDraft,
  type DraftDetail as Detail,
  type DraftStep,
  deleteDraft,
  listRulesets,
  putIntoForce,
  readDraft,
  saveDraft,
} from '../model/draft-calls.ts';
import { readRuleset } from '../model/endpoints.ts';
import { useLoaded } from '../model/loaded.ts';
import { goTo } from '../model/location.ts';
import { shortText } from '../model/wording.ts';
import { AskTwice } from './ask-twice.ts';
import { BacktestPanel, ShadowPanel } from './draft-trials.ts';
import { Moment, Tag } from './marks.ts';
import { Await, Problem } from './notices.ts';
import { RulesetEditor } from './ruleset-editor.ts';

const LOOK_MS = 1_000;

/** A draft of a ruleset on its way into force: its text, its trials, and who decides about it. */
export function DraftDetail({ id }: { id: string }): VNode {
  const draft = useLoaded(`draft ${id}`, (signal) => readDraft(id, signal), LOOK_MS);
  const inForce = useLoaded('ruleset', readRuleset);
  const shelf = useLoaded('shelf', listRulesets);
  const changed = (): void => {
    draft.reload();
    inForce.reload();
  };
  return html`<p><a href=${hrefOf('rules')}>All rules</a></p>
    <h1>Draft <span class="id">${id}</span></h1>
    <${Await} of=${draft} what="the draft" show=${(detail: Detail) => html`
      <${Way} detail=${detail} caller=${shelf.value?.caller ?? null} changed=${changed} />
      <${DraftText} detail=${detail} against=${inForce.value?.text ?? detail.text} changed=${draft.reload} />
      <${BacktestPanel} row=${detail.row} backtest=${detail.backtest} changed=${draft.reload} />
      <${ShadowPanel} row=${detail.row} shadow=${detail.shadow} changed=${draft.reload} />
      <${Steps} history=${detail.history} />`} />`;
}

/** How far the draft is, and what can be done next. `caller` is null where calls need no key. */
function Way({ detail, caller, changed }: { detail: Detail; caller: string | null; changed: () => void }): VNode {
  const { row, backtest, shadow } = detail;
  const { draftId, authors, approvedBy, isInForce, problemCount } = row;
  const action = useAction();
  const note = useRef<HTMLInputElement>(null);
  const take = (work: (note: string) => Promise<unknown>): void =>
    void action.run(async () => {
      await work(note.current?.value.trim() ?? '');
      if (note.current !== null) note.current.value = '';
      changed();
    });
  const isValid = problemCount === 0;
  const isTried = backtest?.result !== undefined || shadow?.result !== undefined;
  const isWriter = caller !== null && authors.includes(caller);
  const canPublish = isValid && !isInForce && (caller === null || approvedBy !== null);
  return html`<section class="panel">
    <ol class="way" aria-label="Way into force">
      <${Stop} name="Written" isDone=${isValid} says=${isValid ? 'valid' : `${problemCount} to correct`} />
      <${Stop} name="Tried" isDone=${isTried} says=${isTried ? 'see below' : 'backtest or shadow'} />
      <${Stop} name="Approved" isDone=${approvedBy !== null}
        says=${approvedBy ?? (caller === null ? 'not asked for: calls need no key' : 'by a second person')} />
      <${Stop} name="In force" isDone=${isInForce} says=${isInForce ? 'it decides now' : 'not yet'} />
    </ol>
    <dl class="facts">
      <div><dt>Ruleset</dt><dd>${row.name || 'no valid one'}</dd></div>
      <div><dt>Version</dt><dd class="id" title=${row.version}>${shortText(row.version, 18) || '–'}</dd></div>
      <div><dt>Written by</dt><dd>${authors.filter((each) => each !== '').join(', ') || 'nobody named'}</dd></div>
      <div><dt>Changed</dt><dd><${Moment} at=${row.changedAt} /></dd></div>
    </dl>
    <p class="row">
      <label class="grow">Note
        <input ref=${note} type="text" maxlength="200" placeholder="Why, for those who come after" />
      </label>
    </p>
    <p class="row">
      ${
        caller !== null &&
        html`<button
          type="button" class=${approvedBy === null ? 'primary' : ''}
          disabled=${!isValid || isWriter || approvedBy !== null || action.isBusy}
          onClick=${() => take((why) => approveDraft(draftId, why))}
        >Approve</button>`
      }
      <${AskTwice} words="Publish" question="It decides the next payment. Publish?" yes="Yes, publish"
        isPrimary=${canPublish} isDisabled=${!canPublish || action.isBusy}
        act=${() => take((why) => putIntoForce(draftId, 'publish', why))} />
      <${AskTwice} words="Delete" question="Its text is gone from this page. Delete?" yes="Yes, delete"
        isDisabled=${action.isBusy}
        act=${() =>
          take(async () => {
            await deleteDraft(draftId);
            goTo(hrefOf('rules'));
          })} />
      ${isWriter && approvedBy === null && html`<span class="hint">You wrote it: somebody else has to approve.</span>`}
    </p>
    ${action.error !== null && html`<${Problem} error=${action.error} retry=${action.clear} />`}
  </section>`;
}

function Stop({ name, isDone, says }: { name: string; isDone: boolean; says: string }): VNode {
  return html`<li class=${isDone ? 'done' : ''}>
    <strong>${name}<span class="hidden">${isDone ? ', done' : ', not yet'}</span></strong><small>${says}</small>
  </li>`;
}

/** The editor of the draft. What somebody else saves meanwhile is taken over, or told where it would cost work. */
function DraftText({ detail, against, changed }: { detail: Detail; against: string; changed: () => void }): VNode {
  const [basis, setBasis] = useState({ text: detail.text, changedAt: detail.row.changedAt, turn: 0 });
  const [isDirty, setDirty] = useState(false);
  const isOlder = detail.row.changedAt > basis.changedAt;
  const adopt = (): void =>
    setBasis(({ turn }) => ({ text: detail.text, changedAt: detail.row.changedAt, turn: turn + 1 }));
  useEffect(() => {
    if (isOlder && !isDirty) adopt();
  }, [isOlder, isDirty]);
  const save = async (text: string): Promise<void> => {
    const { row } = await saveDraft(detail.row.draftId, text, basis.changedAt);
    setBasis(({ turn }) => ({ text, changedAt: row.changedAt, turn }));
    changed();
  };
  return html`
    ${
      isOlder &&
      isDirty &&
      html`<div class="notice warm" role="alert">
        <p>${detail.history[0]?.by || 'Somebody'} has saved another text. Yours cannot be saved over it.</p>
        <p class="row"><button type="button" onClick=${adopt}>Take that text, and lose mine</button></p>
      </div>`
    }
    <${RulesetEditor} key=${basis.turn} saved=${basis.text} against=${against}
      problems=${detail.text === basis.text ? detail.problems : NO_PROBLEMS} onSave=${save} onDirty=${setDirty} />`;
}

const NO_PROBLEMS: Detail['problems'] = [];

function Steps({ history }: { history: readonly DraftStep[] }): VNode {
  return html`<section class="panel"><h2>Who did what</h2>
    <ol class="timeline">
      ${history.map(
        ({ action, by, at, version, note }) => html`<li key=${`${at} ${action}`} class="entry">
          <div class="row spread">
            <span class="row"><strong>${STEP_WORDS[action]}</strong>${by !== '' && html`<span>by ${by}</span>`}
              ${
                version === ''
                  ? html`<${Tag} text="not valid" tone="warm" />`
                  : html`<code>${shortText(version, 12)}</code>`
              }
            </span>
            <${Moment} at=${at} />
          </div>
          ${note !== '' && html`<p>${note}</p>`}
        </li>`,
      )}
    </ol>
  </section>`;
}

const STEP_WORDS: Readonly<Record<DraftStep['action'], string>> = {
  save: 'Saved',
  delete: 'Deleted',
  backtest: 'Backtest done',
  shadow: 'Shadow begun',
  unshadow: 'Shadow ended',
  approve: 'Approved',
  publish: 'Published',
};
