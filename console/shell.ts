import { signal } from '@preact/signals';
import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { hrefOf, type PageName } from './model/address.ts';
import { PAGE_TITLES, route } from './model/location.ts';
import { apiKey, chooseTheme, keyWanted, THEMES, theme, useKey } from './model/session.ts';
import { SHORTCUTS } from './model/shortcuts.ts';
import { streamState } from './model/stream.ts';

/** Whether the help is open. */
export const helpOpen = signal(false);

const MENU: readonly PageName[] = ['live', 'alerts', 'cases', 'decisions', 'entity', 'sagas', 'rules', 'sql'];

const STREAM_WORDS = {
  off: '',
  live: 'live',
  reconnecting: 'reconnecting …',
} as const;

/** What stands around every page: the menu, the state of the connection, and the dialogs. */
export function Shell({ children }: { children: ComponentChildren }): VNode {
  const { page } = route.value;
  const shown: PageName = page === 'decision' ? 'decisions' : page === 'suppressions' ? 'cases' : page;
  return html`
    <a class="skip" href="#content" onClick=${focusContent}>Skip to the content</a>
    <header class="top">
      <a class="brand" href=${hrefOf('live')}><img src="/console/icon.svg" alt="" width="22" height="22" />Palisade</a>
      <nav aria-label="Pages">
        <ul>
          ${MENU.map(
            (name) => html`<li key=${name}>
              <a href=${hrefOf(name)} aria-current=${name === shown ? 'page' : undefined}>${PAGE_TITLES[name]}</a>
            </li>`,
          )}
        </ul>
      </nav>
      <${Tools} />
    </header>
    <main id="content" tabindex="-1">${children}</main>
    ${keyWanted.value !== '' && html`<${KeyDialog} reason=${keyWanted.value} />`}
    ${helpOpen.value && html`<${HelpDialog} />`}
  `;
}

function Tools(): VNode {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system';
  return html`<div class="tools">
    <span class=${`stream ${streamState.value}`} role="status">${STREAM_WORDS[streamState.value]}</span>
    ${
      apiKey.value !== '' &&
      html`<button type="button" onClick=${() => useKey('')} title="Forget the API key of this tab">Sign out</button>`
    }
    <button type="button" onClick=${() => chooseTheme(next)} title=${`Change to ${next}`}>
      <span class="wide">Theme: </span>${theme.value}
    </button>
    <button type="button" aria-label="Help" title="Shortcuts (?)" onClick=${() => (helpOpen.value = true)}>?</button>
  </div>`;
}

function focusContent(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#content')?.focus();
}

function Dialog({ label, close, children }: { label: string; close: () => void; children: ComponentChildren }): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return html`<dialog ref=${dialog} aria-label=${label} onClose=${close}>${children}</dialog>`;
}

function KeyDialog({ reason }: { reason: string }): VNode {
  const input = useRef<HTMLInputElement>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    const key = input.current?.value.trim() ?? '';
    if (key !== '') useKey(key);
  };
  return html`<${Dialog} label="API key" close=${() => (keyWanted.value = '')}>
    <form class="stack" onSubmit=${submit}>
      <h2>An API key is needed</h2>
      <p>${reason}</p>
      <label>
        API key
        <input ref=${input} type="password" autocomplete="off" spellcheck=${false} placeholder="pk_…" required />
      </label>
      <p class="hint">
        It is kept for this tab only. An operator makes one with <code>palisade keys create --scopes read</code>. The
        rule lab needs the scope <code>rules</code>, cases need <code>cases</code>, switching a rule off for one
        customer needs <code>lists</code>, orders to sagas need <code>sagas</code>.
      </p>
      <p class="row"><button class="primary" type="submit">Use this key</button></p>
    </form>
  <//>`;
}

function HelpDialog(): VNode {
  return html`<${Dialog} label="Shortcuts" close=${() => (helpOpen.value = false)}>
    <form method="dialog" class="stack">
      <h2>Shortcuts</h2>
      <dl class="keys">
        ${SHORTCUTS.map(
          ({ keys, says }) => html`<div key=${keys}>
            <dt>${keys.split(' ').map((key) => html`<kbd key=${key}>${key}</kbd> `)}</dt>
            <dd>${says}</dd>
          </div>`,
        )}
      </dl>
      <p class="hint">Times are in your time zone; hold the pointer over one for UTC. The API is at <a
        href="/docs">/docs</a>.</p>
      <p class="row"><button class="primary">Close</button></p>
    </form>
  <//>`;
}
