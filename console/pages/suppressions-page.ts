import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useAction } from '../model/action.ts';
import { hrefOf } from '../model/address.ts';
import { useLoaded } from '../model/loaded.ts';
import { listSuppressions, type SuppressionRow, unsuppress } from '../model/suppression-calls.ts';
import { AskTwice } from '../parts/ask-twice.ts';
import { ExportLinks } from '../parts/export-links.ts';
import { Moment, SomeEntity, Tag } from '../parts/marks.ts';
import { Await, Empty, Problem } from '../parts/notices.ts';
import { nowMs } from '../platform.ts';

const LOOK_MS = 5_000;

/** Rules that are off for one entity, and until when. */
export function SuppressionsPage(): VNode {
  const loaded = useLoaded('suppressions', listSuppressions, LOOK_MS);
  const action = useAction();
  const end = (row: SuppressionRow): void =>
    void action.run(async () => {
      await unsuppress(row);
      loaded.reload();
    });
  return html`<h1>Rules that are off for one</h1>
    ${action.error !== null && html`<${Problem} error=${action.error} retry=${action.clear} />`}
    <${Await} of=${loaded} what="suppressions" show=${(rows: readonly SuppressionRow[]) =>
      rows.length === 0
        ? html`<${Empty} title="No rule is off for anybody">
            <p>A <a href=${hrefOf('cases')}>case</a> or the page of an <a href=${hrefOf('entity')}>entity</a> lets you
              switch one rule off for one customer for a time.</p>
          <//>`
        : html`<${SuppressionTable} rows=${rows} end=${end} />
            <${ExportLinks} list="suppressions" query=${{}} />`} />`;
}

function SuppressionTable({
  rows,
  end,
}: {
  rows: readonly SuppressionRow[];
  end: (row: SuppressionRow) => void;
}): VNode {
  const sorted = rows.toSorted((one, other) => (one.until < other.until ? 1 : -1));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Suppressions"><table class="cards">
    <thead>
      <tr>
        <th>Rule</th><th>For</th><th>Until</th><th>By</th><th>Why</th><th><span class="hidden">What to do</span></th>
      </tr>
    </thead>
    <tbody>
      ${sorted.map(
        (row) => html`<tr key=${`${row.ruleId} ${row.kind} ${row.id}`}>
          <td><a href=${hrefOf('rules', [row.ruleId])}>${row.ruleId}</a></td>
          <td><${SomeEntity} kind=${row.kind} id=${row.id} /></td>
          <td><${Moment} at=${row.until} />
            ${Date.parse(row.until) < nowMs() && html` <${Tag} text="over" tone="plain" />`}</td>
          <td data-name="By">${row.by || '–'}</td>
          <td>${row.note || '–'}</td>
          <td><${AskTwice} words="Switch on" question="Let the rule speak again?" yes="Yes, switch on"
            act=${() => end(row)} /></td>
        </tr>`,
      )}
    </tbody>
  </table></div>`;
}
