import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { LineChart } from '../figures/line-chart.ts';
import type { EntityHistory, EntityPoint, HistoryCause } from '../model/endpoints.ts';
import { compactText } from '../model/wording.ts';
import { DecisionName, Moment, Tag } from './marks.ts';

const CHANGES_SHOWN = 8;

/** What made an entity what it is: a decision by its link, anything else by its id. */
export function Cause({ cause }: { cause: HistoryCause }): VNode {
  return html`<span class="row">
    <span>${cause.type}</span>
    ${cause.type === 'decision' ? html`<${DecisionName} id=${cause.id} />` : html`<span class="id">${cause.id}</span>`}
    ${cause.says !== '' && html`<${Tag} text=${cause.says} />`}
  </span>`;
}

/** The changes of status that led to the present one, the newest first. */
export function HowItGotThere({ history }: { history: EntityHistory | null }): VNode | null {
  if (history === null) return null;
  const changes = history.changes.toReversed();
  if (changes.length === 0) return html`<p class="hint">It has been in this state from the beginning.</p>`;
  return html`<h3>How it got there</h3>
    <ol class="timeline">
      ${changes.slice(0, CHANGES_SHOWN).map(
        ({ revision, from, to, cause }) => html`<li key=${revision} class="entry">
          <div class="row spread">
            <span class="row"><${Tag} text=${from} /> to <${Tag} text=${to} /> by <${Cause} cause=${cause} /></span>
            <${Moment} at=${cause.at} />
          </div>
        </li>`,
      )}
    </ol>
    ${changes.length > CHANGES_SHOWN && html`<p class="hint">and ${changes.length - CHANGES_SHOWN} before these</p>`}`;
}

/** One window of an entity over its newest revisions. */
export function WindowsOverTime({ history }: { history: EntityHistory | null }): VNode | null {
  const [chosen, setChosen] = useState('');
  const points = useMemo(() => (history?.points ?? NO_POINTS).filter(({ cause }) => MOVING.has(cause.type)), [history]);
  const names = useMemo(() => liveliest(points), [points]);
  const name = names.includes(chosen) ? chosen : (names[0] ?? '');
  const chart = useMemo(() => lineOf(points, name), [points, name]);
  if (points.length < 2 || name === '') return null;
  return html`<div class="over-time">
    <${LineChart} key=${name} title="Windows over time" times=${chart.times} series=${chart.series} say=${compactText}
      isStepped />
    <label class="select">Feature
      <select onChange=${(event: Event) => {
        if (event.target instanceof HTMLSelectElement) setChosen(event.target.value);
      }}>
        ${names.map((each) => html`<option key=${each} value=${each} selected=${each === name}>${each}</option>`)}
      </select>
      <span class="hint">after each of the newest ${points.length} records, in event time</span>
    </label>
  </div>`;
}

const NO_POINTS: readonly EntityPoint[] = [];
/** What windows take in; reference data and labels may have times of another kind, and change none. */
const MOVING = new Set(['decision', 'login', 'signal']);

/** Names of the windows that ever held anything, those that changed most often first. */
function liveliest(points: readonly EntityPoint[]): readonly string[] {
  const turns = new Map<string, number>();
  let before: EntityPoint['windows'] = {};
  for (const { windows } of points) {
    for (const [name, value] of Object.entries(windows)) {
      if (value !== (before[name] ?? 0)) turns.set(name, (turns.get(name) ?? 0) + 1);
    }
    before = windows;
  }
  return [...turns].toSorted(([, one], [, other]) => other - one).map(([name]) => name);
}

/** The line of a window. Event times that go back stand at the newest before them, as the windows do. */
function lineOf(points: readonly EntityPoint[], name: string) {
  let newest = 0;
  const times = points.map(({ cause }) => {
    newest = Math.max(newest, Date.parse(cause.at) / 1_000);
    return newest;
  });
  const values = points.map(({ windows }) => windows[name] ?? null);
  return { times, series: [{ name, colour: '--accent', values, isFilled: true }] };
}
