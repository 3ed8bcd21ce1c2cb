import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { ApiProblem } from '../model/api-call.ts';
import type { Loaded } from '../model/loaded.ts';
import { keyWanted } from '../model/session.ts';

/** What went wrong, in the words of the engine, and what to do. */
export function Problem({ error, retry }: { error: Error; retry: () => void }): VNode {
  const code = error instanceof ApiProblem ? error.code : 'ERROR';
  const needsKey = error instanceof ApiProblem && (error.status === 401 || error.status === 403);
  const help = code.startsWith('HTTP_') || code === 'UNREACHABLE' || code === 'ERROR' ? null : `/docs/errors#${code}`;
  return html`<div class="notice bad" role="alert">
    <p>${error.message}</p>
    <p class="row">
      <button type="button" onClick=${retry}>Try again</button>
      ${needsKey && html`<button type="button" onClick=${() => askForKey(error.message)}>Enter a key</button>`}
      ${help !== null && html`<a href=${help} target="_blank" rel="noopener">About ${code}</a>`}
    </p>
  </div>`;
}

function askForKey(reason: string): void {
  keyWanted.value = reason;
}

/** Nothing to show, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }): VNode {
  return html`<div class="empty"><p class="empty-title">${title}</p>${children}</div>`;
}

/** What was asked for, once it is there; before that, and instead, what is the matter. */
export function Await<Value>({
  of,
  show,
  what,
}: {
  of: Loaded<Value>;
  show: (value: Value) => ComponentChildren;
  what: string;
}): VNode {
  const { value, error, isLoading, reload } = of;
  return html`
    ${error !== null && html`<${Problem} error=${error} retry=${reload} />`}
    ${value === null && error === null && isLoading && html`<p class="loading" role="status">Loading ${what} …</p>`}
    ${value !== null && show(value)}
  `;
}
