import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useAction } from '../model/action.ts';
import { type DraftBacktest, type DraftRow, type DraftShadow, tryDraft } from '../model/draft-calls.ts';
import { numberText, shareText } from '../model/wording.ts';
import { Moment, Tag } from './marks.ts';
import { Problem } from './notices.ts';
import { TrialResult } from './trial-result.ts';

/** The draft over the whole log: how far that is, and what came out. */
export function BacktestPanel({
  row,
  backtest,
  changed,
}: {
  row: DraftRow;
  backtest: DraftBacktest | null;
  changed: () => void;
}): VNode {
  const action = useAction();
  const isRunning = backtest?.state === 'running';
  const order = (method: 'POST' | 'DELETE'): void =>
    void action.run(async () => {
      await tryDraft(row.draftId, 'backtest', method);
      changed();
    });
  return html`<section class="panel">
    <div class="row spread">
      <h2>Backtest</h2>
      ${
        isRunning
          ? html`<button type="button" onClick=${() => order('DELETE')}>Cancel</button>`
          : html`<button type="button" disabled=${row.problemCount > 0 || action.isBusy} onClick=${() => order('POST')}>
              ${backtest === null ? 'Start a backtest' : 'Start another'}
            </button>`
      }
    </div>
    <p class="hint">Every record of the log once more, with the draft in place of what was in force.</p>
    ${action.error !== null && html`<${Problem} error=${action.error} retry=${action.clear} />`}
    ${backtest !== null && isRunning && html`<${Bar} backtest=${backtest} />`}
    ${backtest?.state === 'failed' && html`<p class="notice bad" role="alert">It failed: ${backtest.message}</p>`}
    ${
      backtest?.result !== undefined &&
      backtest.result !== null &&
      html`<${Stale} version=${backtest.version} row=${row} />
        <${TrialResult} result=${backtest.result} />
        <p class="hint"><${Moment} at=${backtest.at} />, up to record ${numberText(backtest.endPosition)}. Hash
          ${' '}<code class="id">${backtest.result.hash}</code>: the same log and draft give the same one.</p>`
    }
  </section>`;
}

function Bar({ backtest: { position, endPosition } }: { backtest: DraftBacktest }): VNode {
  return html`<p class="row">
    <progress aria-label="Backtest" max=${Math.max(1, endPosition)} value=${position}></progress>
    <span>${shareText(position, endPosition)} of ${numberText(endPosition)} records</span>
  </p>`;
}

/** The draft beside the live traffic: where it disagrees. */
export function ShadowPanel({
  row,
  shadow,
  changed,
}: {
  row: DraftRow;
  shadow: DraftShadow | null;
  changed: () => void;
}): VNode {
  const action = useAction();
  const order = (method: 'POST' | 'DELETE'): void =>
    void action.run(async () => {
      await tryDraft(row.draftId, 'shadow', method);
      changed();
    });
  const behind = shadow === null ? 0 : shadow.endPosition - shadow.position;
  return html`<section class="panel">
    <div class="row spread">
      <h2>Shadow ${row.isInShadow && html`<${Tag} text="running" tone="good" />`}</h2>
      ${
        row.isInShadow
          ? html`<button type="button" disabled=${action.isBusy} onClick=${() => order('DELETE')}>End it</button>`
          : html`<button type="button" disabled=${row.problemCount > 0 || action.isBusy} onClick=${() => order('POST')}>
              Run in the shadow
            </button>`
      }
    </div>
    <p class="hint">The draft decides beside the live traffic from now on, and acts on nothing.</p>
    ${action.error !== null && html`<${Problem} error=${action.error} retry=${action.clear} />`}
    ${
      shadow !== null &&
      html`${shadow.message !== '' && html`<p class="notice bad" role="alert">It says nothing: ${shadow.message}</p>`}
        <p class="hint" role="status">
          ${shadow.isRunning ? 'Since' : 'Ended'} <${Moment} at=${shadow.at} />${
            behind > 0 && shadow.isRunning ? `; ${numberText(behind)} records to go` : ''
          }
        </p>
        ${
          shadow.result !== null &&
          html`<${Stale} version=${shadow.version} row=${row} /><${TrialResult} result=${shadow.result} />`
        }`
    }
  </section>`;
}

function Stale({ version, row }: { version: string; row: DraftRow }): VNode | null {
  if (version === row.version) return null;
  return html`<p class="notice warm">This is of an earlier text of the draft. Try it again.</p>`;
}
