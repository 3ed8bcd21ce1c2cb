import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../model/api-call.ts';
import { useLoaded } from '../model/loaded.ts';
import { listTables, type QueryAnswer, type QueryTable, runQuery } from '../model/sql-calls.ts';
import { numberText } from '../model/wording.ts';
import { Await, Empty, Problem } from '../parts/notices.ts';

const ROWS_MAX = 500;
const EXAMPLES: Readonly<Record<string, string>> = {
  'Outcomes by country':
    'SELECT country, outcome, count(*) AS decisions FROM decisions\nGROUP BY country, outcome ORDER BY decisions DESC',
  'Busiest devices': "SELECT * FROM entities WHERE kind = 'device'\nORDER BY declined DESC, decisions DESC LIMIT 20",
  'Rules that hit alone': 'SELECT * FROM rules\nLIMIT 50',
};

/** Questions of one's own: one SELECT over the tables of the projections. */
export function SqlPage(): VNode {
  const tables = useLoaded('tables', listTables);
  if (tables.error instanceof ApiProblem && tables.error.status === 404) {
    return html`<h1>SQL</h1><${Empty} title="This engine runs no queries">
      <p>It does on Node with the log on this machine; not under Deno.</p>
    <//>`;
  }
  return html`<h1>SQL</h1>
    <div class="grid sql"><${Console} /><section class="panel">
      <h2>Tables</h2>
      <${Await} of=${tables} what="the tables" show=${(found: readonly QueryTable[]) =>
        found.map(
          ({ name, columns }) => html`<details key=${name}>
          <summary><code>${name}</code></summary>
          <ul class="columns">${columns.map((column) => html`<li key=${column}><code>${column}</code></li>`)}</ul>
        </details>`,
        )} />
    </section></div>`;
}

function Console(): VNode {
  const area = useRef<HTMLTextAreaElement>(null);
  const [answer, setAnswer] = useState<QueryAnswer | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [isRunning, setRunning] = useState(false);
  const run = async (): Promise<void> => {
    const text = area.current?.value.trim() ?? '';
    if (text === '') return;
    setRunning(true);
    try {
      setAnswer(await runQuery(text, ROWS_MAX));
      setError(null);
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    }
    setRunning(false);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void run();
  };
  const take = (text: string): void => {
    if (area.current !== null) area.current.value = text;
    void run();
  };
  return html`<section class="panel">
    <label class="note query">One SELECT in the SQL of SQLite; times are ms since 1970 UTC
      <textarea ref=${area} rows="7" spellcheck=${false} onKeyDown=${onKey}></textarea>
    </label>
    <p class="row">
      <button type="button" class="primary" disabled=${isRunning} onClick=${() => void run()}>
        ${isRunning ? 'Running …' : 'Run'}
      </button>
      <span class="hint"><kbd>Ctrl</kbd> <kbd>Enter</kbd> runs it. Or begin with:</span>
      ${Object.entries(EXAMPLES).map(
        ([words, text]) => html`<button key=${words} type="button" onClick=${() => take(text)}>${words}</button>`,
      )}
    </p>
    ${error !== null && html`<${Problem} error=${error} retry=${() => void run()} />`}
    ${answer !== null && html`<${Rows} answer=${answer} />`}
  </section>`;
}

function Rows({ answer: { columns, rows, isTruncated } }: { answer: QueryAnswer }): VNode {
  const more = isTruncated ? ': there are more' : '';
  return html`<p class="hint" role="status">${numberText(rows.length)} ${rows.length === 1 ? 'row' : 'rows'}${more}</p>
    <div class="scroll rows" tabindex="0" role="region" aria-label="Rows"><table>
      <thead><tr>${columns.map((name, index) => html`<th key=${index}>${name}</th>`)}</tr></thead>
      <tbody>
        ${rows.map(
          (row, index) =>
            html`<tr key=${index}>${row.map(
              (value, column) =>
                html`<td key=${column} class=${typeof value === 'number' ? 'number' : ''}>${cellText(value)}</td>`,
            )}</tr>`,
        )}
      </tbody>
    </table></div>`;
}

/** A value as it is: a rounded number, or a dash for an empty text, would not be what the query found. */
function cellText(value: unknown): string {
  return value === null ? 'NULL' : String(value);
}
