import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { StateDiagram } from '../figures/state-diagram.ts';
import { hrefOf } from '../model/address.ts';
import { useLoaded } from '../model/loaded.ts';
import {
  orderSaga,
  readSaga,
  type SagaEffectReport,
  type SagaHistory,
  type SagaOrderName,
  type SagaStepReport,
  stimulusText,
} from '../model/saga-calls.ts';
import { readMermaid } from '../model/state-machine.ts';
import { spanText } from '../model/times.ts';
import { titleText } from '../model/wording.ts';
import { nowMs } from '../platform.ts';
import { DecisionName, Moment, SomeEntity, Tag } from './marks.ts';
import { Await, Problem } from './notices.ts';

const LOOK_MS = 2_000;

/** The kind of entity that sagas of a kind are named after. */
const ABOUT: Readonly<Record<string, string>> = {
  'freeze-card': 'card',
  'unfreeze-card': 'card',
  'invalidate-sessions': 'account',
};

/** One saga: its machine, what it sends, what came, and what a person can do. */
export function SagaDetail({ kind, id }: { kind: string; id: string }): VNode {
  const loaded = useLoaded(`${kind} ${id}`, (signal) => readSaga(kind, id, signal), LOOK_MS);
  const about = ABOUT[kind];
  return html`<p><a href=${hrefOf('sagas')}>All sagas</a></p>
    <h1>${titleText(kind)} <span class="id">${id}</span></h1>
    ${about !== undefined && html`<p><${SomeEntity} kind=${about} id=${id} /></p>`}
    <${Await} of=${loaded} what="the saga" show=${(history: SagaHistory) => html`<${Parts} history=${history}
      reload=${loaded.reload} />`} />`;
}

function Parts({ history, reload }: { history: SagaHistory; reload: () => void }): VNode {
  const { saga, effects, timers, diagram } = history;
  const { transactionId } = history.data;
  return html`
    <section class="panel">
      <div class="row spread">
        <h2>State</h2>
        <span class="row">
          <${Tag} text=${saga.state} tone=${saga.isOpen ? 'cool' : 'plain'} />
          ${saga.isEscalated && html`<${Tag} text="a person was called" tone="warm" />`}
        </span>
      </div>
      <${StateDiagram} machine=${readMermaid(diagram)} name=${saga.kind} />
      <dl class="facts">
        <div><dt>Opened</dt><dd><${Moment} at=${saga.openedAt} /></dd></div>
        <div><dt>${saga.isOpen ? 'Open for' : 'Took'}</dt><dd>${spanText(
          (saga.isOpen ? nowMs() : Date.parse(saga.updatedAt)) - Date.parse(saga.openedAt),
        )}</dd></div>
        <div><dt>Asked for</dt><dd>${saga.triggerCount} times</dd></div>
        <div><dt>Run</dt><dd>${saga.run}</dd></div>
        ${
          typeof transactionId === 'string' &&
          html`<div><dt>First decision</dt><dd><${DecisionName} id=${transactionId} /></dd></div>`
        }
        ${timers.map(
          ({ name, dueAt }) => html`<div key=${name}><dt>Deadline ${name}</dt><dd><${Moment}
          at=${dueAt} /></dd></div>`,
        )}
      </dl>
      ${saga.isOpen && html`<${Orders} kind=${saga.kind} id=${saga.id} done=${reload} />`}
    </section>
    <section class="panel"><h2>What it sends</h2><${Effects} effects=${effects} /></section>
    <section class="panel"><h2>What came</h2><${Steps} steps=${history.history} /></section>`;
}

const ORDER_WORDS: Readonly<Record<SagaOrderName, string>> = {
  retry: 'Send again now',
  escalate: 'Call a person',
  resolve: 'A person has done it',
  cancel: 'Cancel',
};

/** What a person can ask of it; each is asked for once more before it is done. */
function Orders({ kind, id, done }: { kind: string; id: string; done: () => void }): VNode {
  const [wanted, setWanted] = useState<SagaOrderName | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const send = async (order: SagaOrderName): Promise<void> => {
    setWanted(null);
    try {
      await orderSaga(kind, id, order);
      setError(null);
      done();
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    }
  };
  const orders: readonly SagaOrderName[] = ['retry', 'escalate', 'resolve', 'cancel'];
  return html`<div class="orders" role="group" aria-label="What to do">
    ${
      wanted === null
        ? html`<p class="row">${orders.map(
            (order) =>
              html`<button key=${order} type="button" onClick=${() => setWanted(order)}>${ORDER_WORDS[order]}</button>`,
          )}</p>`
        : html`<p class="row" role="alert">
            ${ORDER_WORDS[wanted]}?
            <button type="button" class="primary" onClick=${() => void send(wanted)}>Yes</button>
            <button type="button" onClick=${() => setWanted(null)}>No</button>
          </p>`
    }
    ${error !== null && html`<${Problem} error=${error} retry=${() => setError(null)} />`}
  </div>`;
}

function Effects({ effects }: { effects: readonly SagaEffectReport[] }): VNode {
  if (effects.length === 0) return html`<p class="hint">Nothing in this run.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Effects"><table class="cards">
    <thead><tr><th>Step</th><th>To</th><th>Command</th><th>State</th><th
      class="number">Attempts</th><th>Next attempt</th></tr></thead>
    <tbody>
      ${effects.map(
        ({ step, endpoint, type, state, attempts, nextAttemptAt }) => html`<tr key=${step}>
          <td><code>${step}</code></td><td>${endpoint}</td><td>${type}</td>
          <td><${Tag} text=${state} tone=${state === 'done' ? 'good' : state === 'failed' ? 'bad' : 'cool'} /></td>
          <td class="number">${attempts}</td>
          <td>${nextAttemptAt === null ? '–' : html`<${Moment} at=${nextAttemptAt} />`}</td>
        </tr>`,
      )}
    </tbody>
  </table></div>`;
}

function Steps({ steps }: { steps: readonly SagaStepReport[] }): VNode {
  return html`<ol class="timeline">
    ${steps.toReversed().map(
      (step) => html`<li key=${step.revision} class="entry">
        <div class="row spread"><span>${stimulusText(step)}</span><${Moment} at=${step.at} /></div>
        <p class="row">
          <${Tag} text=${step.status} tone="plain" />
          ${step.requested.length > 0 && html`<span>then sends ${step.requested.join(', ')}</span>`}
          ${step.escalation !== '' && html`<${Tag} text=${step.escalation} tone="warm" />`}
        </p>
      </li>`,
    )}
  </ol>`;
}
