import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { hrefOf } from '../model/address.ts';
import { type Kind, kindOf } from '../model/endpoints.ts';
import { localText, utcText } from '../model/times.ts';
import { shortText } from '../model/wording.ts';

/** Outcomes and states that have a colour of their own; any other text is neutral. */
const TONES: Readonly<Record<string, string>> = {
  approve: 'good',
  challenge: 'warm',
  review: 'odd',
  decline: 'bad',
  alert: 'warm',
  fraud: 'bad',
  chargeback: 'bad',
  legitimate: 'good',
  fallback: 'warm',
  degraded: 'warm',
  active: 'good',
  normal: 'good',
  known: 'good',
  watched: 'warm',
  at_risk: 'warm',
  suspicious: 'warm',
  challenged: 'warm',
  frozen: 'bad',
  locked: 'bad',
  blocked: 'bad',
  shadow: 'odd',
  login: 'cool',
  signal: 'cool',
  view: 'cool',
  failed: 'bad',
  confirmed: 'good',
  succeeded: 'good',
};

/** A coloured tag. The text says it all; the colour repeats it. */
export function Tag({ text, tone }: { text: string; tone?: string }): VNode {
  return html`<span class=${`tag ${tone ?? TONES[text] ?? 'plain'}`}>${text}</span>`;
}

/** What a rule says; one whose outcome is the mildest speaks by its score alone. */
export function Says({ outcome }: { outcome: string }): VNode {
  return outcome === 'approve'
    ? html`<${Tag} text="adds to the score" tone="plain" />`
    : html`<${Tag} text=${outcome} />`;
}

/** A time in the viewer's zone, with UTC on hover. */
export function Moment({ at }: { at: string }): VNode {
  return html`<time datetime=${at} title=${utcText(at)}>${localText(at)}</time>`;
}

/** A link to the page of an entity. */
export function EntityName({
  kind,
  id,
  lengthMax = 24,
  isBare = false,
}: {
  kind: Kind;
  id: string;
  lengthMax?: number;
  isBare?: boolean;
}): VNode {
  const text = shortText(id, lengthMax);
  return html`<a class="entity" href=${hrefOf('entity', [kind, id])} title=${`${kind} ${id}`}>
    ${!isBare && html`<span class="kind">${kind}</span> `}<span class="id">${text}</span>
  </a>`;
}

/** The same, where only the name of the kind is known; plain text where it has no page. */
export function SomeEntity({ kind, id, isBare = false }: { kind: string; id: string; isBare?: boolean }): VNode {
  const known = kindOf(kind);
  return known === null
    ? html`<span>${kind} ${id}</span>`
    : html`<${EntityName} kind=${known} id=${id} isBare=${isBare} />`;
}

/** Reason codes, each once, the first ones: the others are told on hover. */
export function Codes({ codes, most = 3 }: { codes: readonly string[]; most?: number }): VNode {
  const each = [...new Set(codes)];
  const rest = each.slice(most);
  return html`<span class="codes">
    ${each.slice(0, most).map((code) => html`<code key=${code}>${code}</code> `)}
    ${rest.length > 0 && html`<span class="hint" title=${rest.join(', ')}>and ${rest.length} more</span>`}
  </span>`;
}

/** A link to the page of a decision. */
export function DecisionName({ id }: { id: string }): VNode {
  return html`<a class="id one-line" href=${hrefOf('decision', [id])} title=${id}>${shortText(id, 26)}</a>`;
}
