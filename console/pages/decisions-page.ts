import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { type DecisionRow, listDecisions } from '../model/endpoints.ts';
import { useListState, usePages } from '../model/listing.ts';
import { moneyText } from '../model/wording.ts';
import { ExportLinks } from '../parts/export-links.ts';
import { Choice, Pager, RangeNote, RangePicker, SearchField, Toggles } from '../parts/filters.ts';
import { Codes, DecisionName, EntityName, Moment, Tag } from '../parts/marks.ts';
import { Await, Empty } from '../parts/notices.ts';

const OUTCOMES = ['approve', 'challenge', 'review', 'decline'];
const ORDERS = {
  occurredAt: 'Newest first',
  'occurredAt asc': 'Oldest first',
  amount: 'Largest amount first',
  score: 'Highest score first',
};
const PAGE_ROWS = 50;

/** All decisions, with filters. */
export function DecisionsPage(): VNode {
  const state = useListState('24h');
  const { query, set, range, bounds } = state;
  const [sort = 'occurredAt', order = 'desc'] = (query.sort ?? '').split(' ').filter((word) => word !== '');
  const { q: search, outcome, rule, country } = query;
  const filters = { search, outcome, rule, country, ...bounds };
  const asked = { ...filters, sort, order, limit: PAGE_ROWS };
  const { loaded, page, goTo } = usePages(JSON.stringify(asked), (cursor, signal) =>
    listDecisions({ ...asked, cursor }, signal),
  );
  const chosen = (query.outcome ?? '').split(',').filter((name) => name !== '');
  return html`<h1>Decisions</h1>
    <div class="filters" role="search">
      <${SearchField} value=${query.q ?? ''} onSearch=${(q: string) => set({ q })} />
      <${RangePicker}
        range=${range}
        custom=${{ from: query.from ?? '', to: query.to ?? '' }}
        onChange=${(name: string, custom: { from: string; to: string }) => set({ range: name, ...custom })}
      />
      <${Toggles} legend="Outcome" names=${OUTCOMES} chosen=${chosen}
        onChange=${(names: string[]) => set({ outcome: names.join() })} />
      <${Choice} label="Order" names=${ORDERS} value=${query.sort ?? 'occurredAt'}
        onChange=${(value: string) => set({ sort: value })} />
      ${
        rule !== undefined &&
        html`<button type="button" class="chip-button" onClick=${() => set({ rule: '' })}>
          Rule ${rule} <span aria-hidden="true">×</span><span class="hidden">: take away</span>
        </button>`
      }
    </div>
    <${RangeNote} ...${state} />
    <${Await} of=${loaded} what="decisions" show=${({
      items,
      nextCursor,
    }: {
      items: readonly DecisionRow[];
      nextCursor: string | null;
    }) =>
      items.length === 0
        ? html`<${Empty} title="No decision fits">
            <p>Choose a longer time range, or take away a filter.</p>
            <button type="button" onClick=${() => set({ q: '', outcome: '', rule: '', range: 'all' })}>Show all</button>
          <//>`
        : html`<${DecisionTable} rows=${items} />
            <${Pager} page=${page} hasNext=${nextCursor !== null} onPage=${goTo} />
            <${ExportLinks} list="decisions" query=${filters} />`} />`;
}

function DecisionTable({ rows }: { rows: readonly DecisionRow[] }): VNode {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Decisions"><table class="cards">
    <thead>
      <tr>
        <th>When</th><th>Outcome</th><th class="number">Score</th><th>Id</th><th class="number">Amount</th>
        <th>Why</th><th>Card</th><th>Merchant</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) => html`<tr key=${row.transactionId}>
          <td><${Moment} at=${row.occurredAt} /></td>
          <td>
            <${Tag} text=${row.outcome} />
            ${row.mode !== 'full' && html` <${Tag} text=${row.mode} />`}
            ${row.label !== null && html` <${Tag} text=${row.label} />`}
          </td>
          <td class="number">${row.score}</td>
          <td><${DecisionName} id=${row.transactionId} /></td>
          <td class="number">${moneyText(row.amountMinor, row.currency)}</td>
          <td class="reasons"><${Codes} codes=${row.reasons} /></td>
          <td><${EntityName} kind="card" isBare id=${row.cardId} /></td>
          <td>${row.merchantId !== null && html`<${EntityName} kind="merchant" isBare id=${row.merchantId} />`}</td>
        </tr>`,
      )}
    </tbody>
  </table></div>`;
}
