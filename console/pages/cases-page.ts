import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { hrefOf } from '../model/address.ts';
import { type CaseList, type CaseRow, listCases, takeNextCase } from '../model/case-calls.ts';
import { useLoaded } from '../model/loaded.ts';
import { goTo, replaceQuery, route } from '../model/location.ts';
import { compactText, numberText } from '../model/wording.ts';
import { CaseBulk } from '../parts/case-bulk.ts';
import { CaseDetail } from '../parts/case-detail.ts';
import { Choice, Pager, SearchField } from '../parts/filters.ts';
import { Codes, Moment, SomeEntity, Tag } from '../parts/marks.ts';
import { Await, Empty, Problem } from '../parts/notices.ts';
import { nowMs } from '../platform.ts';

const LOOK_MS = 5_000;
const PAGE_ROWS = 50;
const SHOWN = { open: 'Open ones', resolved: 'Resolved ones', all: 'All' };

/** The queue of cases, and one of them. */
export function CasesPage(): VNode {
  const { parts, query } = route.value;
  const id = parts[0] ?? '';
  const [error, setError] = useState<Error | null>(null);
  const [note, setNote] = useState('');
  if (id !== '') return html`<${CaseDetail} key=${id} id=${id} />`;
  const set = (changes: Readonly<Record<string, string>>): void =>
    replaceQuery(hrefOf('cases', [], { ...query, ...changes }));
  const takeNext = async (): Promise<void> => {
    try {
      const next = await takeNextCase();
      setNote(next === null ? 'No case waits: each is held by someone, or snoozed.' : '');
      if (next !== null) goTo(hrefOf('cases', [next]));
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    }
  };
  const status = query.status ?? 'open';
  return html`<div class="row spread">
      <h1>Cases</h1>
      <span class="row">
        <a href=${hrefOf('suppressions')}>Rules that are off for one</a>
        <button type="button" class="primary" onClick=${() => void takeNext()}>Take the next one</button>
      </span>
    </div>
    ${error !== null && html`<${Problem} error=${error} retry=${() => setError(null)} />`}
    <p role="status" class="hint">${note}</p>
    <div class="filters" role="search">
      <${SearchField} value=${query.q ?? ''} onSearch=${(q: string) => set({ q })} />
      <${Choice} label="Show" names=${SHOWN} value=${status} onChange=${(value: string) => set({ status: value })} />
    </div>
    <${Queue} key=${`${status} ${query.q ?? ''}`} status=${status} search=${query.q ?? ''} />`;
}

function Queue({ status, search }: { status: string; search: string }): VNode {
  const [page, setPage] = useState(0);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const asked = { status, search, limit: PAGE_ROWS, offset: page * PAGE_ROWS };
  const loaded = useLoaded(JSON.stringify(asked), (signal) => listCases(asked, signal), LOOK_MS);
  const done = (): void => {
    setChosen([]);
    loaded.reload();
  };
  return html`<${Await} of=${loaded} what="cases" show=${({ items, total }: CaseList) =>
    items.length === 0
      ? html`<${Empty} title=${status === 'open' && search === '' ? 'No case is open' : 'No case fits'}>
          <p>A case begins with the first alert about an account, a card or a device, and gathers those that follow.</p>
        <//>`
      : html`<p class="hint">
            ${numberText(total)} in all, the highest priority first: its score and how long it waits.
          </p>
          <${CaseBulk} key=${chosen.join()} chosen=${chosen} done=${done} />
          <${CaseTable} cases=${items} chosen=${chosen} onChoose=${setChosen} />
          <${Pager} page=${page} hasNext=${(page + 1) * PAGE_ROWS < total} onPage=${setPage} />`} />`;
}

function CaseTable({
  cases,
  chosen,
  onChoose,
}: {
  cases: readonly CaseRow[];
  chosen: readonly string[];
  onChoose: (chosen: readonly string[]) => void;
}): VNode {
  const toggle = (id: string): void =>
    onChoose(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id]);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Cases"><table class="cards">
    <thead>
      <tr>
        <th><span class="hidden">Choose</span></th><th>Case</th><th class="number">Priority</th><th>About</th>
        <th class="number">Alerts</th><th class="number">Amount</th><th>Why</th><th>Last alert</th><th>State</th>
      </tr>
    </thead>
    <tbody>
      ${cases.map(
        (row) => html`<tr key=${row.caseId}>
          <td><input
            type="checkbox" aria-label=${`Choose case ${row.caseId}`} checked=${chosen.includes(row.caseId)}
            onChange=${() => toggle(row.caseId)}
          /></td>
          <td><a href=${hrefOf('cases', [row.caseId])}>${row.caseId}</a></td>
          <td class="number" data-name="Priority">${numberText(Math.round(row.priority))}</td>
          <td><${SomeEntity} kind=${row.subject.kind} id=${row.subject.id} /></td>
          <td class="number" data-name="Alerts">${numberText(row.alerts)}</td>
          <td class="number" data-name="Amount">${compactText(row.amount)}</td>
          <td class="reasons"><${Codes} codes=${row.reasons} /></td>
          <td><${Moment} at=${row.lastAlertAt} /></td>
          <td><${CaseState} row=${row} /></td>
        </tr>`,
      )}
    </tbody>
  </table></div>`;
}

/** Whether a case waits, is held, sleeps or is resolved. */
function CaseState({ row }: { row: CaseRow }): VNode {
  const { status, label, assignee, lockedUntil, snoozedUntil } = row;
  if (status === 'resolved') return html`<${Tag} text=${label ?? 'resolved'} />`;
  const isHeld = lockedUntil !== null && Date.parse(lockedUntil) > nowMs();
  const isSnoozed = snoozedUntil !== null && Date.parse(snoozedUntil) > nowMs();
  if (isSnoozed) return html`<${Tag} text="snoozed" tone="odd" />`;
  if (isHeld) return html`<${Tag} text=${`held by ${assignee || 'someone'}`} tone="cool" />`;
  return html`<${Tag} text=${assignee === null || assignee === '' ? 'waits' : `of ${assignee}`} tone="plain" />`;
}
