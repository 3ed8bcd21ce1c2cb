import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { hrefOf } from '../model/address.ts';
import { type Kind, type ListAnswer, readTimeline, type TimelineEntry } from '../model/endpoints.ts';
import { usePages } from '../model/listing.ts';
import { moneyText, valueText } from '../model/wording.ts';
import { ExportLinks } from './export-links.ts';
import { Pager, Toggles } from './filters.ts';
import { Codes, Moment, Tag } from './marks.ts';
import { Await, Empty } from './notices.ts';

const TYPES = ['decision', 'login', 'signal', 'label', 'alert', 'list', 'suppression', 'saga', 'reference'];
const PAGE_ROWS = 20;

/** What happened to an entity, the newest record first. */
export function Timeline({ kind, id }: { kind: Kind; id: string }): VNode {
  const [types, setTypes] = useState<readonly string[]>([]);
  const type = types.join();
  const { loaded, page, goTo } = usePages(`${kind} ${id} ${type}`, (cursor, signal) =>
    readTimeline(kind, id, { type, cursor, limit: PAGE_ROWS }, signal),
  );
  return html`<section class="panel">
    <h2>Timeline</h2>
    <${Toggles} legend="Show" names=${TYPES} chosen=${types} onChange=${setTypes} />
    <${Await} of=${loaded} what="the timeline" show=${({ items, nextCursor }: ListAnswer<TimelineEntry>) =>
      items.length === 0
        ? html`<${Empty} title="Nothing of this kind"><p>Switch more kinds on, or none for all.</p><//>`
        : html`<ol class="timeline">${items.map(
            (entry) => html`<${Entry} key=${`${entry.position} ${entry.type}`} entry=${entry} />`,
          )}</ol>
          <${Pager} page=${page} hasNext=${nextCursor !== null} onPage=${goTo} />
          <${ExportLinks} list=${`timelines/${kind}/${encodeURIComponent(id)}`} query=${{ type }} />`} />
  </section>`;
}

/** Values that an entry has and that its other words do not say. */
const SAID = new Set(['reasons', 'outcome', 'amountMinor', 'currency', 'mode', 'saga', 'sagaId', 'status']);

function Entry({ entry }: { entry: TimelineEntry }): VNode {
  const { type, id, values, occurredAt, summary } = entry;
  const reasons = typeof values.reasons === 'string' ? values.reasons.split(' ').filter((code) => code !== '') : [];
  const rest = Object.entries(values).filter(([name, value]) => value !== null && value !== '' && !SAID.has(name));
  return html`<li class=${`entry ${type}`}>
    <div class="row spread">
      <span class="row"><${Tag}
        text=${typeof values.outcome === 'string' ? values.outcome : type} />${linkOf(entry)}</span>
      <${Moment} at=${occurredAt} />
    </div>
    ${type !== 'decision' && html`<p>${summary}</p>`}
    ${reasons.length > 0 && html`<p class="reasons"><${Codes} codes=${reasons} /></p>`}
    ${
      rest.length > 0 &&
      html`<details><summary>Details</summary><dl class="evidence">
        ${rest.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${valueText(value)}</dd></div>`)}
        <div><dt>id</dt><dd>${id}</dd></div>
      </dl></details>`
    }
  </li>`;
}

function linkOf({ type, id, values, summary }: TimelineEntry): VNode | null {
  const { amountMinor, currency, saga, sagaId } = values;
  if (type === 'decision') {
    const isMoney = typeof amountMinor === 'number' && typeof currency === 'string';
    return html`<a href=${hrefOf('decision', [id])}>${isMoney ? moneyText(amountMinor, currency) : summary}</a>`;
  }
  if (type === 'saga' && typeof saga === 'string' && typeof sagaId === 'string') {
    return html`<a href=${hrefOf('sagas', [saga, sagaId])}>${saga}</a>`;
  }
  return null;
}
