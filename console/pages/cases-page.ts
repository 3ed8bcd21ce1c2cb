import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { hrefOf } from '../model/address.ts';
import { type CaseList, type CaseRow, listCases, takeNextCase } from '../model/case-calls.ts';
import type { Query } from '../model/endpoints.ts';
import { useListState, usePages } from '../model/listing.ts';
import { route, goTo as visit } from '../model/location.ts';
import { compactText, numberText } from '../model/wording.ts';
import { CaseBulk } from '../parts/case-bulk.ts';
import { CaseDetail } from '../parts/case-detail.ts';
import { ExportLinks } from '../parts/export-links.ts';
import { Choice, Pager, RangeNote, RangePicker, SearchField } from '../parts/filters.ts';
import { Codes, Moment, SomeEntity, Tag } from '../parts/marks.ts';
import { Await, Empty, Problem } from '../parts/notices.ts';
import { nowMs } from '../platform.ts';

const LOOK_MS = 5_000;
const PAGE_ROWS = 50;
const ORDERS = {
  priority: 'Highest priority first',
  'openedAt asc': 'Oldest first',
  openedAt: 'Newest first',
  lastAlertAt: 'Last alert first',
  amount: 'Largest amount first',
  score: 'Highest score first',
};
const SHOWN = { open: 'Open ones', resolved: 'Resolved ones', all: 'All' };

/** The queue of cases, and one of them. */
export function CasesPage(): VNode {
  const id = route.value.parts[0] ?? '';
  return id === '' ? html`<${CaseQueue} />` : html`<${CaseDetail} key=${id} id=${id} />`;
}

function CaseQueue(): VNode {
  const state = useListState('all');
  const { query, set, range, bounds } = state;
  const [error, setError] = useState<Error | null>(null);
  const [note, setNote] = useState('');
  const takeNext = async (): Promise<void> => {
    try {
      const next = await takeNextCase();
      setNote(next === null ? 'No case waits: each is held by someone, or snoozed.' : '');
      if (next !== null) visit(hrefOf('cases', [next]));
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    }
  };
  const status = query.status ?? 'open';
  const filters = { status, search: query.q, ...bounds };
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
      <${RangePicker}
        range=${range}
        custom=${{ from: query.from ?? '', to: query.to ?? '' }}
        onChange=${(name: string, custom: { from: string; to: string }) => set({ range: name, ...custom })}
      />
      <${Choice} label="Show" names=${SHOWN} value=${status} onChange=${(value: string) => set({ status: value })} />
      <${Choice} label="Order" names=${ORDERS} value=${query.sort ?? 'priority'}
        onChange=${(sort: string) => set({ sort })} />
    </div>
    <${RangeNote} ...${state} />
    <${Queue} filters=${filters} sort=${query.sort ?? 'priority'} />`;
}

function Queue({ filters, sort: sorting }: { filters: Query; sort: string }): VNode {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [sort = 'priority', order = 'desc'] = sorting.split(' ');
  const asked = { ...filters, sort, order, limit: PAGE_ROWS };
  const key = JSON.stringify(asked);
  const { loaded, page, goTo } = usePages(key, (cursor, signal) => listCases({ ...asked, cursor }, signal), LOOK_MS);
  useEffect(() => setChosen([]), [key]);
  const done = (): void => {
    setChosen([]);
    loaded.reload();
  };
  return html`<${Await} of=${loaded} what="cases" show=${({ items, total, nextCursor }: CaseList) =>
    items.length === 0
      ? html`<${Empty} title=${filters.status === 'open' && !filters.search ? 'No case is open' : 'No case fits'}>
          <p>A case begins with the first alert about an account, a card or a device, and gathers those that follow.</p>
        <//>`
      : html`<p class="hint">
            ${numberText(total)} in all. The priority is the score, and a point for each hour since the last alert.
          </p>
          <${CaseBulk} key=${chosen.join()} chosen=${chosen} done=${done} />
          <${CaseTable} cases=${items} chosen=${chosen} onChoose=${setChosen} />
          <${Pager} page=${page} hasNext=${nextCursor !== null} onPage=${goTo} />
          <${ExportLinks} list="cases" query=${filters} />`} />`;
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
