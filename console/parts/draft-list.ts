import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { useAction } from '../model/action.ts';
import { hrefOf } from '../model/address.ts';
import { type DraftRow, saveDraft } from '../model/draft-calls.ts';
import { goTo } from '../model/location.ts';
import { Moment, Tag } from './marks.ts';
import { Empty, Problem } from './notices.ts';

/** Drafts with how far each is, and a way to begin another. `text` is what a new one begins with. */
export function DraftList({ drafts, text }: { drafts: readonly DraftRow[]; text: string }): VNode {
  return html`<section class="panel">
    <h2>Drafts</h2>
    <${NewDraft} text=${text} />
    ${
      drafts.length === 0
        ? html`<${Empty} title="No draft">
            <p>A draft begins as a copy of the rules in force. Nothing that you write decides about a payment before it
              is published.</p>
          <//>`
        : html`<div class="scroll" tabindex="0" role="region" aria-label="Drafts"><table class="cards">
            <thead><tr><th>Draft</th><th>How far</th><th>Written by</th><th>Changed</th></tr></thead>
            <tbody>
              ${drafts.map(
                (draft) => html`<tr key=${draft.draftId}>
                  <td><a href=${hrefOf('rules', ['draft', draft.draftId])}>${draft.draftId}</a>
                    ${draft.note !== '' && html`<br /><span class="hint">${draft.note}</span>`}</td>
                  <td><${HowFar} draft=${draft} /></td>
                  <td data-name="Written by">${draft.authors.filter((each) => each !== '').join(', ') || '–'}</td>
                  <td data-name="Changed"><${Moment} at=${draft.changedAt} /></td>
                </tr>`,
              )}
            </tbody>
          </table></div>`
    }
  </section>`;
}

function HowFar({ draft }: { draft: DraftRow }): VNode {
  if (draft.problemCount > 0) return html`<${Tag} text=${`${draft.problemCount} to correct`} tone="warm" />`;
  if (draft.isInForce) return html`<${Tag} text="in force" tone="good" />`;
  return html`<span class="row">
    ${draft.publishedAt !== null && html`<${Tag} text="published before" tone="plain" />`}
    ${draft.approvedBy !== null && html`<${Tag} text=${`approved by ${draft.approvedBy}`} tone="cool" />`}
    ${draft.isInShadow && html`<${Tag} text="shadow" />`}
    ${draft.backtest === 'running' && html`<${Tag} text="backtest runs" tone="cool" />`}
    ${draft.backtest === 'done' && html`<${Tag} text="backtested" tone="plain" />`}
    ${draft.publishedAt === null && draft.approvedBy === null && html`<${Tag} text="draft" tone="plain" />`}
  </span>`;
}

function NewDraft({ text }: { text: string }): VNode {
  const name = useRef<HTMLInputElement>(null);
  const action = useAction();
  const begin = (event: Event): void => {
    event.preventDefault();
    const id =
      name.current?.value
        .trim()
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-') ?? '';
    void action.run(async () => {
      await saveDraft(id, text, 'none');
      goTo(hrefOf('rules', ['draft', id]));
    });
  };
  return html`<form class="row" onSubmit=${begin}>
      <label class="row">Name
        <input ref=${name} type="text" required maxlength="64" placeholder="night-gambling" />
      </label>
      <button type="submit" class="primary" disabled=${action.isBusy}>Begin a draft</button>
    </form>
    ${action.error !== null && html`<${Problem} error=${action.error} retry=${action.clear} />`}`;
}
