import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useAction } from '../model/action.ts';
import { call, withQuery } from '../model/api-call.ts';
import type { Query } from '../model/endpoints.ts';
import { apiKey } from '../model/session.ts';
import { Problem } from './notices.ts';

const FORMATS = ['csv', 'ndjson'] as const;

/**
 * The rows of a list as files; `list` is its path under `/v1/exports`. A link carries no key: where one is asked for,
 * the page fetches the file itself.
 */
export function ExportLinks({ list, query }: { list: string; query: Query }): VNode {
  const action = useAction();
  const [name = list] = list.split('/');
  const addressOf = (format: string): string => withQuery(`/v1/exports/${list}`, { ...query, format });
  const take = (format: string): void =>
    void action.run(async () => {
      const file = await (await call(addressOf(format))).blob();
      const link = document.createElement('a');
      link.href = URL.createObjectURL(file);
      link.download = `${name}.${format}`;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  const hasKey = apiKey.value !== '';
  return html`<span class="row exports">
    <span class="hint">Take away as</span>
    ${FORMATS.map((format) =>
      hasKey
        ? html`<button key=${format} type="button" disabled=${action.isBusy} onClick=${() => take(format)}>
            ${format.toUpperCase()}
          </button>`
        : html`<a key=${format} href=${addressOf(format)} download=${`${name}.${format}`}>${format.toUpperCase()}</a>`,
    )}
    ${action.error !== null && html`<${Problem} error=${action.error} retry=${action.clear} />`}
  </span>`;
}
