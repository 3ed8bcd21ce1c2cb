import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { type EntityHistory, type Explanation, type Kind, kindOf, readHistory } from '../model/endpoints.ts';
import { useLoaded } from '../model/loaded.ts';
import { shortText, valueText } from '../model/wording.ts';
import { Evidence } from './evidence.ts';
import { Moment, SomeEntity, Tag } from './marks.ts';
import { Await, Empty } from './notices.ts';
import { Cause } from './past-states.ts';

/** Revisions that can be gone to: so many in all, of which some are after the payment. */
const POINTS_MAX = 120;
const POINTS_AFTER = 20;

type Actor = Explanation['actors'][number];

/** Each actor as it was before, at and after a payment. */
export function TimeTravel({ explanation: { actors, decision } }: { explanation: Explanation }): VNode {
  const [index, setIndex] = useState(0);
  const actor = actors[index];
  return html`<section class="panel">
    <h2>As they were</h2>
    <p class="hint">Rebuilt from the log. Go back and forth to see what an actor knew when.</p>
    <fieldset class="choice">
      <legend class="hidden">Actor</legend>
      ${actors.map(
        ({ kind, id }, each) => html`<label key=${`${kind} ${id}`} class="chip">
          <input type="radio" name="travelled" checked=${each === index} onChange=${() => setIndex(each)} />
          <span title=${id}>${kind} ${shortText(id, 16)}</span>
        </label>`,
      )}
    </fieldset>
    ${
      actor !== undefined &&
      html`<${Revisions} key=${`${actor.kind} ${actor.id}`} actor=${actor} version=${decision.rulesetVersion} />`
    }
  </section>`;
}

function Revisions({ actor, version }: { actor: Actor; version: string }): VNode {
  const kind = kindOf(actor.kind);
  if (kind === null) return html`<${AtDecision} actor=${actor} />`;
  return html`<${Travelled} actor=${actor} kind=${kind} version=${version} />`;
}

/** An actor that has no page: only how it was. */
function AtDecision({ actor }: { actor: Actor }): VNode {
  return html`<p class="row"><${Tag} text=${actor.status} /> <span class="id">${actor.id}</span></p>
    <${Evidence} values=${actor.windows} />`;
}

function Travelled({ actor, kind, version }: { actor: Actor; kind: Kind; version: string }): VNode {
  const query = { rulesetVersion: version, toRevision: actor.revision + 1 + POINTS_AFTER, limit: POINTS_MAX };
  const key = `travel ${kind} ${actor.id} ${actor.revision}`;
  const loaded = useLoaded(key, (signal) => readHistory(kind, actor.id, query, signal));
  return html`<${Await} of=${loaded} what="its revisions" show=${(history: EntityHistory) =>
    history.points.length === 0
      ? html`<${Empty} title="The log has no record of it" />`
      : html`<${Slider} actor=${actor} history=${history} />`} />`;
}

function Slider({ actor, history: { points } }: { actor: Actor; history: EntityHistory }): VNode {
  const own = Math.max(
    0,
    points.findIndex(({ revision }) => revision === actor.revision + 1),
  );
  const [at, setAt] = useState(own);
  const point = points[at];
  const then = points[own];
  if (point === undefined || then === undefined) return html`<p class="hint">There is no such revision.</p>`;
  const place = at === own ? 'this payment' : at < own ? `${own - at} before this payment` : `${at - own} after it`;
  const step = (by: number): void => setAt(Math.min(points.length - 1, Math.max(0, at + by)));
  return html`
    <div class="travel">
      <button type="button" disabled=${at === 0} onClick=${() => step(-1)} aria-label="One record back">◀</button>
      <input
        type="range" min="0" max=${points.length - 1} value=${at} aria-label="Revision"
        aria-valuetext=${`revision ${point.revision}, ${place}`}
        onInput=${(event: Event) => {
          if (event.target instanceof HTMLInputElement) setAt(Number(event.target.value));
        }}
      />
      <button
        type="button" disabled=${at === points.length - 1} onClick=${() => step(1)} aria-label="One record on"
      >▶</button>
      <button type="button" disabled=${at === own} onClick=${() => setAt(own)}>This payment</button>
    </div>
    <div class="row spread" role="status">
      <span class="row"><strong>Revision ${point.revision}</strong> <${Tag} text=${point.status} />
        <span class="hint">${place}</span></span>
      <span class="row"><${Cause} cause=${point.cause} /> <${Moment} at=${point.cause.at} /></span>
    </div>
    <dl class="values">
      ${Object.entries(point.windows).map(([name, value]) => {
        const other = then.windows[name];
        const differs = at !== own && other !== undefined && other !== value;
        return html`<div key=${name} class=${value === 0 ? 'zero' : ''}>
          <dt>${name}</dt>
          <dd>${valueText(value)}${differs && html` <span class="hint">then ${valueText(other)}</span>`}</dd>
        </div>`;
      })}
    </dl>
    <p><${SomeEntity} kind=${actor.kind} id=${actor.id} /> as it is now</p>`;
}
