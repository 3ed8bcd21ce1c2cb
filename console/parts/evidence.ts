import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { valueText } from '../model/wording.ts';

/** Names and values, as a rule read them. */
export function Evidence({ values }: { values: Readonly<Record<string, unknown>> }): VNode {
  const entries = Object.entries(values);
  if (entries.length === 0) return html`<span class="hint">Read no value</span>`;
  return html`<dl class="evidence">
    ${entries.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${valueText(value)}</dd></div>`)}
  </dl>`;
}
