import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useAction } from '../model/action.ts';
import { hrefOf } from '../model/address.ts';
import { type Publication, putIntoForce, readVersionText } from '../model/draft-calls.ts';
import { useLoaded } from '../model/loaded.ts';
import { shortText } from '../model/wording.ts';
import { AskTwice } from './ask-twice.ts';
import { Moment, Tag } from './marks.ts';
import { Problem } from './notices.ts';
import { Changes, Lazily } from './text-diff.ts';

const SHOWN = 20;

const SOURCE_WORDS = {
  default: 'shipped with Palisade',
  file: 'from a file',
  api: 'by a call',
  draft: 'from a draft',
  rollback: 'rolled back to',
} as const;

/** Every ruleset that was in force, the newest first: who put it there, and the way back to it. */
export function Publications({
  publications,
  inForce,
  text,
  changed,
}: {
  publications: readonly Publication[];
  inForce: string;
  text: string;
  changed: () => void;
}): VNode {
  const action = useAction();
  const rollBack = (version: string): void =>
    void action.run(async () => {
      await putIntoForce(version, 'rollback', '');
      changed();
    });
  const first = publications.findIndex(({ version }) => version === inForce);
  return html`<section class="panel">
    <h2>What was in force</h2>
    ${action.error !== null && html`<${Problem} error=${action.error} retry=${action.clear} />`}
    <ol class="timeline">
      ${publications.slice(0, SHOWN).map(
        (each, index) => html`<li key=${each.publishedAt} class="entry">
          <div class="row spread">
            <span class="row">
              <code class="id" title=${each.version}>${shortText(each.version, 14)}</code>
              ${index === first && html`<${Tag} text="in force" tone="good" />`}
              <span>${each.source === null ? '' : SOURCE_WORDS[each.source]}</span>
              ${each.draftId !== null && html`<a href=${hrefOf('rules', ['draft', each.draftId])}>${each.draftId}</a>`}
              ${each.by !== '' && html`<span>by ${each.by}</span>`}
              ${each.approvedBy !== null && html`<span>approved by ${each.approvedBy}</span>`}
            </span>
            <span class="row">
              <${Moment} at=${each.publishedAt} />
              ${
                each.version !== inForce &&
                html`<${AskTwice} words="Roll back" question="Decide by this version again?" yes="Yes, roll back"
                  isDisabled=${action.isBusy} act=${() => rollBack(each.version)} />`
              }
            </span>
          </div>
          ${each.note !== '' && html`<p>${each.note}</p>`}
          ${each.version !== inForce && html`<${Difference} version=${each.version} text=${text} />`}
        </li>`,
      )}
    </ol>
  </section>`;
}

function Difference({ version, text }: { version: string; text: string }): VNode {
  return html`<${Lazily} words="What a roll-back would change">
    <${LoadedDifference} version=${version} text=${text} />
  <//>`;
}

function LoadedDifference({ version, text }: { version: string; text: string }): VNode {
  const { value, error, reload } = useLoaded(`version ${version}`, (signal) => readVersionText(version, signal));
  if (error !== null) return html`<${Problem} error=${error} retry=${reload} />`;
  if (value === null) return html`<p class="loading">Loading the text …</p>`;
  return html`<${Changes} before=${text} after=${value} />`;
}
