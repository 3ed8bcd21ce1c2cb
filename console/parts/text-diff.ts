import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { changesBetween, withContext } from '../model/text-changes.ts';

const CONTEXT_LINES = 2;
const SIGNS = { kept: ' ', added: '+', removed: '-' } as const;

/** The lines that differ between two texts, with some around them. */
export function Changes({ before, after }: { before: string; after: string }): VNode {
  const lines = withContext(changesBetween(before, after), CONTEXT_LINES);
  return html`<pre class="changes" tabindex="0">${lines.map((line, index) =>
    line === null
      ? html`<span key=${index} class="gap">⋯${'\n'}</span>`
      : html`<span key=${index} class=${line.kind}>${SIGNS[line.kind]} ${line.text}${'\n'}</span>`,
  )}</pre>`;
}

/** What is made only once it is opened. */
export function Lazily({ words, children }: { words: string; children: ComponentChildren }): VNode {
  const [isOpen, setOpen] = useState(false);
  const toggle = (event: Event): void => {
    if (event.currentTarget instanceof HTMLDetailsElement) setOpen(event.currentTarget.open);
  };
  return html`<details onToggle=${toggle}><summary>${words}</summary>${isOpen && children}</details>`;
}
