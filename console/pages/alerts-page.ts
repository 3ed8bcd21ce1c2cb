import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type AlertRow, listAlerts } from '../model/endpoints.ts';
import { type ListState, useListState, usePages } from '../model/listing.ts';
import { apiKey } from '../model/session.ts';
import { followStream } from '../model/stream.ts';
import { moneyText } from '../model/wording.ts';
import { AlertId, entitiesOf } from '../parts/alert-list.ts';
import { ExportLinks } from '../parts/export-links.ts';
import { Choice, Pager, RangeNote, RangePicker, SearchField, Toggles } from '../parts/filters.ts';
import { Codes, Moment, SomeEntity, Tag } from '../parts/marks.ts';
import { Await, Empty } from '../parts/notices.ts';

const SOURCES = ['decision', 'login', 'signal', 'view'];
const OUTCOMES = ['challenge', 'review', 'decline'];
const ORDERS = { occurredAt: 'Newest first', 'occurredAt asc': 'Oldest first', score: 'Highest score first' };
const PAGE_ROWS = 50;

/** All that a person should look at, with filters. */
export function AlertsPage(): VNode {
  const state = useListState('24h');
  const { query, bounds } = state;
  const [sort = 'occurredAt', order = 'desc'] = (query.sort ?? '').split(' ').filter((word) => word !== '');
  const filters = { search: query.q, source: query.source, outcome: query.outcome, ...bounds };
  const asked = { ...filters, sort, order, limit: PAGE_ROWS };
  const { loaded, page, goTo } = usePages(JSON.stringify(asked), (cursor, signal) =>
    listAlerts({ ...asked, cursor }, signal),
  );
  const newCount = useNewAlerts(loaded.value);
  const refresh = (): void => {
    goTo(0);
    loaded.reload();
  };
  return html`<h1>Alerts</h1>
    <${Filters} state=${state} />
    <div class="row spread">
      <span role="status">${
        newCount > 0 &&
        html`<button type="button" class="primary" onClick=${refresh}>
          Show ${newCount} new ${newCount === 1 ? 'alert' : 'alerts'}
        </button>`
      }</span>
      <${RangeNote} ...${state} />
    </div>
    <${Await} of=${loaded} what="alerts" show=${({
      items,
      nextCursor,
    }: {
      items: readonly AlertRow[];
      nextCursor: string | null;
    }) =>
      items.length === 0
        ? html`<${NoAlerts} state=${state} />`
        : html`<${AlertTable} alerts=${items} />
            <${Pager} page=${page} hasNext=${nextCursor !== null} onPage=${goTo} />
            <${ExportLinks} list="alerts" query=${filters} />`} />`;
}

function Filters({ state }: { state: ListState }): VNode {
  const { query, set, range } = state;
  return html`<div class="filters" role="search">
    <${SearchField} value=${query.q ?? ''} onSearch=${(q: string) => set({ q })} />
    <${RangePicker}
      range=${range}
      custom=${{ from: query.from ?? '', to: query.to ?? '' }}
      onChange=${(name: string, custom: { from: string; to: string }) => set({ range: name, ...custom })}
    />
    <${Toggles} legend="From" names=${SOURCES} chosen=${listOf(query.source)}
      onChange=${(names: string[]) => set({ source: names.join() })} />
    <${Toggles} legend="Outcome" names=${OUTCOMES} chosen=${listOf(query.outcome)}
      onChange=${(names: string[]) => set({ outcome: names.join() })} />
    <${Choice} label="Order" names=${ORDERS} value=${query.sort ?? 'occurredAt'}
      onChange=${(sort: string) => set({ sort })} />
  </div>`;
}

function listOf(text: string | undefined): string[] {
  return (text ?? '').split(',').filter((name) => name !== '');
}

function NoAlerts({ state: { query, set, range } }: { state: ListState }): VNode {
  const isFiltered = [query.q, query.source, query.outcome].some((value) => value !== undefined && value !== '');
  const clear = { q: '', source: '', outcome: '', range: 'all', from: '', to: '' };
  return html`<${Empty} title="No alert fits">
    ${isFiltered && html`<p>Take away a filter, or a word of the search: words have to begin a word of the alert.</p>`}
    ${range !== 'all' && html`<p>Nothing in this time range; a longer one may have some.</p>`}
    ${
      isFiltered || range !== 'all'
        ? html`<button type="button" onClick=${() => set(clear)}>Show all alerts of all time</button>`
        : html`<p>Alerts are decisions other than approve, and logins, signals and views that hit a rule.</p>`
    }
  <//>`;
}

function AlertTable({ alerts }: { alerts: readonly AlertRow[] }): VNode {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Alerts"><table class="cards">
    <thead>
      <tr>
        <th>When</th><th>What</th><th class="number">Score</th><th>Id</th><th class="number">Amount</th>
        <th>Why</th><th>Who</th>
      </tr>
    </thead>
    <tbody>
      ${alerts.map(
        (alert) => html`<tr key=${`${alert.position} ${alert.subjectId}`}>
          <td><${Moment} at=${alert.occurredAt} /></td>
          <td>
            <${Tag} text=${alert.source} />
            ${alert.outcome !== null && html` <${Tag} text=${alert.outcome} />`}
          </td>
          <td class="number">${alert.score}</td>
          <td><${AlertId} alert=${alert} /></td>
          <td class="number">${
            alert.amountMinor === null || alert.currency === null ? '' : moneyText(alert.amountMinor, alert.currency)
          }</td>
          <td class="reasons"><${Codes} codes=${alert.reasons} /></td>
          <td class="entities">${entitiesOf(alert).map(
            ([kind, id]) => html`<${SomeEntity} key=${kind} kind=${kind} id=${id} /> `,
          )}</td>
        </tr>`,
      )}
    </tbody>
  </table></div>`;
}

/** How many alerts came since a page of the list was loaded. */
function useNewAlerts(loaded: unknown): number {
  const [count, setCount] = useState(0);
  const key = apiKey.value;
  useEffect(() => setCount(0), [loaded]);
  useEffect(() => {
    const leaving = new AbortController();
    void followStream('alert', () => setCount((before) => before + 1), leaving.signal);
    return () => leaving.abort();
  }, [key]);
  return count;
}
