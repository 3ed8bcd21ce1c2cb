import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { hrefOf } from '../model/address.ts';
import {
  type CaseAction,
  type CaseAlert,
  type CaseAnswer,
  type CaseChange,
  type CaseOrderBody,
  type CaseRow,
  LABEL_NAMES,
  orderCase,
  readCase,
} from '../model/case-calls.ts';
import { useLoaded } from '../model/loaded.ts';
import { isoOfInput } from '../model/times.ts';
import { compactText } from '../model/wording.ts';
import { nowMs } from '../platform.ts';
import { Codes, DecisionName, Moment, SomeEntity, Tag } from './marks.ts';
import { Await, Problem } from './notices.ts';
import { SuppressForm } from './suppress-form.ts';

const LOOK_MS = 5_000;
const HOUR_MS = 3_600_000;

/** One case: what it is about, what can be done, its alerts and who did what. */
export function CaseDetail({ id }: { id: string }): VNode {
  const loaded = useLoaded(`case ${id}`, (signal) => readCase(id, signal), LOOK_MS);
  return html`<p><a href=${hrefOf('cases')}>All cases</a></p>
    <h1>Case <span class="id">${id}</span></h1>
    <${Await} of=${loaded} what="the case" show=${({ row, alerts, history }: CaseAnswer) => html`
      <${Standing} row=${row} />
      <${Orders} row=${row} done=${loaded.reload} />
      <${SuppressForm} kind=${row.subject.kind} id=${row.subject.id} reasons=${row.reasons} />
      <div class="grid two"><${Alerts} alerts=${alerts} /><${History} history=${history} /></div>`} />`;
}

function Standing({ row }: { row: CaseRow }): VNode {
  const { kind, id } = row.subject;
  return html`<section class="panel">
    <div class="row spread">
      <h2><${SomeEntity} kind=${kind} id=${id} /></h2>
      <span class="row"><${Tag} text=${row.status} tone=${row.status === 'open' ? 'warm' : 'good'} />
        ${row.label !== null && html`<${Tag} text=${row.label} />`}</span>
    </div>
    <p class="reasons"><${Codes} codes=${row.reasons} most=${12} /></p>
    <dl class="facts">
      <div><dt>Score</dt><dd>${row.score}</dd></div>
      <div><dt>Amount</dt><dd>${compactText(row.amount)}</dd></div>
      <div><dt>Opened</dt><dd><${Moment} at=${row.openedAt} /></dd></div>
      <div><dt>Last alert</dt><dd><${Moment} at=${row.lastAlertAt} /></dd></div>
      <div><dt>Assigned to</dt><dd>${row.assignee || 'nobody'}</dd></div>
      ${row.lockedUntil !== null && html`<div><dt>Held until</dt><dd><${Moment} at=${row.lockedUntil} /></dd></div>`}
      ${
        row.snoozedUntil !== null &&
        html`<div><dt>Snoozed until</dt><dd><${Moment} at=${row.snoozedUntil} /></dd></div>`
      }
    </dl>
  </section>`;
}

/** What can be done with a case. A note goes with whatever is done next. */
function Orders({ row, done }: { row: CaseRow; done: () => void }): VNode {
  const note = useRef<HTMLTextAreaElement>(null);
  const until = useRef<HTMLInputElement>(null);
  const assignee = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<Error | null>(null);
  const send = async (action: CaseAction, body: CaseOrderBody = {}): Promise<void> => {
    const text = note.current?.value.trim() ?? '';
    try {
      await orderCase(row.caseId, action, { ...body, ...(text === '' ? {} : { note: text }) });
      setError(null);
      if (note.current !== null) note.current.value = '';
      done();
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    }
  };
  const button = (words: string, action: CaseAction, body?: () => CaseOrderBody): VNode =>
    html`<button type="button" onClick=${() => void send(action, body?.())}>${words}</button>`;
  const snooze = (): CaseOrderBody => {
    return { until: isoOfInput(until.current?.value ?? '') || new Date(nowMs() + 4 * HOUR_MS).toISOString() };
  };
  return html`<section class="panel">
    <h2>What to do</h2>
    <label class="note">Note <textarea ref=${note} rows="2" maxlength="200"></textarea></label>
    ${
      row.status === 'resolved'
        ? html`<p class="row">${button('Open it again', 'reopen')} ${button('Keep the note', 'note')}</p>`
        : html`<p class="row">
              <span>Resolve as</span>
              ${LABEL_NAMES.map(
                (label) => html`<button
                  key=${label} type="button" class="primary" onClick=${() => void send('resolve', { label })}
                >${label}</button>`,
              )}
            </p>
            <p class="row">
              ${button('Assign', 'assign', () => ({ assignee: assignee.current?.value.trim() ?? '' }))}
              <label>to <input ref=${assignee} type="text" maxlength="64" placeholder="analyst-2" /></label>
            </p>
            <p class="row">
              ${button('Take', 'take')} ${button('Let go', 'release')} ${button('Keep the note', 'note')}
              ${button('Snooze', 'snooze', snooze)}
              <label>until <input ref=${until} type="datetime-local" /></label>
              <span class="hint">four hours where no time is given</span>
            </p>`
    }
    ${error !== null && html`<${Problem} error=${error} retry=${() => setError(null)} />`}
  </section>`;
}

function Alerts({ alerts }: { alerts: readonly CaseAlert[] }): VNode {
  return html`<section class="panel"><h2>Alerts</h2>
    <ol class="timeline">
      ${alerts.map(
        (alert) => html`<li key=${alert.position} class="entry">
          <div class="row spread">
            <span class="row">
              <${Tag} text=${alert.outcome ?? 'alert'} />
              ${alert.transactionId !== null && html`<${DecisionName} id=${alert.transactionId} />`}
              <span>score ${alert.score}</span>
            </span>
            <${Moment} at=${alert.occurredAt} />
          </div>
          <p class="reasons"><${Codes} codes=${alert.reasons} /></p>
        </li>`,
      )}
    </ol>
  </section>`;
}

function History({ history }: { history: readonly CaseChange[] }): VNode {
  return html`<section class="panel"><h2>Who did what</h2>
    ${
      history.length === 0
        ? html`<p class="hint">Nobody has done anything with it yet.</p>`
        : html`<ol class="timeline">
            ${history.toReversed().map(
              ({ position, action, by, note, label, recordedAt }) => html`<li key=${position} class="entry">
                <div class="row spread">
                  <span class="row"><strong>${action}</strong>${by !== '' && html`<span>by ${by}</span>`}
                    ${label !== null && html`<${Tag} text=${label} />`}</span>
                  <${Moment} at=${recordedAt} />
                </div>
                ${note !== '' && html`<p>${note}</p>`}
              </li>`,
            )}
          </ol>`
    }
  </section>`;
}
