import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { hrefOf } from '../model/address.ts';
import { ApiProblem } from '../model/api-call.ts';
import { useLoaded } from '../model/loaded.ts';
import { replaceQuery, route } from '../model/location.ts';
import { listSagas, type SagaItem, type SagaPage } from '../model/saga-calls.ts';
import { spanText } from '../model/times.ts';
import { shortText } from '../model/wording.ts';
import { Choice, Pager } from '../parts/filters.ts';
import { Moment, Tag } from '../parts/marks.ts';
import { Await, Empty, Problem } from '../parts/notices.ts';
import { SagaDetail } from '../parts/saga-detail.ts';
import { nowMs } from '../platform.ts';

const LOOK_MS = 2_000;
const PAGE_ROWS = 50;
const SHOWN = { true: 'Open ones', false: 'Ended ones', '': 'All' };
const KINDS = {
  '': 'Every kind',
  'freeze-card': 'Freeze card',
  'unfreeze-card': 'Unfreeze card',
  'invalidate-sessions': 'Invalidate sessions',
  'step-up': 'Step up',
  reversal: 'Reversal',
  'block-source': 'Block source',
  alert: 'Alert',
};

/** Responses under way: which wait for what, and what people can do about it. */
export function SagasPage(): VNode {
  const { parts, query } = route.value;
  const [kind = '', id = ''] = parts;
  if (kind !== '' && id !== '') return html`<${SagaDetail} key=${`${kind} ${id}`} kind=${kind} id=${id} />`;
  const open = query.open ?? 'true';
  const asked = query.kind ?? '';
  const set = (changes: Readonly<Record<string, string>>): void => {
    const next = { ...query, ...changes };
    // An absent `open` means the open ones, so that all of them needs a word of its own.
    replaceQuery(hrefOf('sagas', [], next));
  };
  return html`<h1>Sagas</h1>
    <div class="filters">
      <${Choice} label="Show" names=${{ true: SHOWN.true, false: SHOWN.false, all: SHOWN[''] }} value=${open}
        onChange=${(value: string) => set({ open: value })} />
      <${Choice} label="Kind" names=${KINDS} value=${asked} onChange=${(value: string) => set({ kind: value })} />
    </div>
    <${SagaList} key=${`${open} ${asked}`} open=${open} kind=${asked}
      showAll=${() => set({ open: 'all', kind: '' })} />`;
}

function SagaList({ open, kind, showAll }: { open: string; kind: string; showAll: () => void }): VNode {
  const [page, setPage] = useState(0);
  const asked = { open: open === 'all' ? '' : open, kind, limit: PAGE_ROWS, offset: page * PAGE_ROWS };
  const loaded = useLoaded(JSON.stringify(asked), (signal) => listSagas(asked, signal), LOOK_MS);
  if (loaded.error instanceof ApiProblem && loaded.error.code === 'SAGAS_OFF') {
    return html`<${Empty} title="This engine runs no sagas">
      <p>Start it with <code>--responses FILE</code>: the file names the endpoints and what rules set off.</p>
    <//>`;
  }
  if (loaded.error !== null && loaded.value === null) {
    return html`<${Problem} error=${loaded.error} retry=${loaded.reload} />`;
  }
  return html`<${Await} of=${loaded} what="sagas" show=${({ sagas, nextOffset, total }: SagaPage) =>
    sagas.length === 0
      ? html`<${Empty} title=${open === 'true' ? 'No saga is open' : 'No saga fits'}>
          <p>${open === 'true' ? 'All that was asked for is done.' : 'None of this kind has run.'}</p>
          <button type="button" onClick=${showAll}>Show all sagas</button>
        <//>`
      : html`<p class="hint">${total} in all, the longest open first.</p>
          <${SagaTable} sagas=${sagas} />
          <${Pager} page=${page} hasNext=${nextOffset !== null} onPage=${setPage} />`} />`;
}

function SagaTable({ sagas }: { sagas: readonly SagaItem[] }): VNode {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Sagas"><table class="cards">
    <thead>
      <tr><th>Kind</th><th>About</th><th>State</th><th>Opened</th><th
        class="number">Attempts</th><th>Waits for</th></tr>
    </thead>
    <tbody>
      ${sagas.map(
        (saga) => html`<tr key=${`${saga.kind} ${saga.id}`}>
          <td><a href=${hrefOf('sagas', [saga.kind, saga.id])}>${saga.kind}</a></td>
          <td class="id" title=${saga.id}>${shortText(saga.id, 28)}</td>
          <td>
            <${Tag} text=${saga.state} tone=${saga.isOpen ? 'cool' : 'plain'} />
            ${saga.isEscalated && html` <${Tag} text="a person was called" tone="warm" />`}
          </td>
          <td>
            <${Moment} at=${saga.openedAt} />
            ${saga.isOpen && html` <span class="hint">open ${spanText(nowMs() - Date.parse(saga.openedAt))}</span>`}
          </td>
          <td class="number">${saga.attempts}</td>
          <td>${
            saga.waiting.length === 0
              ? html`<span class="hint">nothing</span>`
              : saga.waiting.map(({ step, endpoint }) => html`<code key=${step}>${step} → ${endpoint}</code> `)
          }</td>
        </tr>`,
      )}
    </tbody>
  </table></div>`;
}
