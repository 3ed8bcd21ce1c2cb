import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { hrefOf } from '../model/address.ts';
import { type Decision, type DecisionAnswer, type DecisionRow, readDecision, readRuleset } from '../model/endpoints.ts';
import { useLoaded } from '../model/loaded.ts';
import { route } from '../model/location.ts';
import { moneyText, shortText, titleText, valueText } from '../model/wording.ts';
import { Evidence } from '../parts/evidence.ts';
import { ExplanationPanel } from '../parts/explanation-panel.ts';
import { LabelButtons } from '../parts/label-buttons.ts';
import { Moment, Says, SomeEntity, Tag } from '../parts/marks.ts';
import { Await, Empty } from '../parts/notices.ts';

/** One decision: what was decided, and why. */
export function DecisionPage(): VNode {
  const id = route.value.parts[0] ?? '';
  const loaded = useLoaded(id, (signal) => readDecision(id, signal));
  if (id === '') {
    return html`<h1>Decision</h1><${Empty} title="Which decision?">
      <p>Open one from <a href=${hrefOf('decisions')}>Decisions</a> or <a href=${hrefOf('alerts')}>Alerts</a>.</p>
    <//>`;
  }
  return html`<h1>Decision <span class="id">${id}</span></h1>
    <${Await} of=${loaded} what="the decision" show=${(answer: DecisionAnswer) => html`<${Parts}
      answer=${answer} />`} />`;
}

function Parts({ answer: { row, decision } }: { answer: DecisionAnswer }): VNode {
  const { shadow, failures } = decision;
  return html`<${Verdict} row=${row} decision=${decision} />
    <section class="panel">
      <h2>Why</h2>
      ${
        decision.reasons.length === 0
          ? html`<p>No rule hit: nothing spoke against it.</p>`
          : html`<${Reasons} reasons=${decision.reasons} version=${row.rulesetVersion} />`
      }
      ${failures.map(
        ({ ruleId, message, resolvedAs }) => html`<p class="notice warm" key=${ruleId}>
          Rule <code>${ruleId}</code> could not be evaluated and counted as ${resolvedAs}: ${message}
        </p>`,
      )}
    </section>
    ${
      shadow.length > 0 &&
      html`<section class="panel">
        <h2>In the shadow</h2>
        <p class="hint">These rules are tried and never acted on.</p>
        <${Reasons} reasons=${shadow} version=${row.rulesetVersion} />
      </section>`
    }
    <${ExplanationPanel} key=${row.transactionId} id=${row.transactionId} />
    <div class="grid two"><${Payment} row=${row} /><${Basis} row=${row} decision=${decision} /></div>`;
}

function Verdict({ row, decision }: { row: DecisionRow; decision: Decision }): VNode {
  return html`<section class="panel verdict">
    <p class="big"><${Tag} text=${decision.outcome} /> <strong>${moneyText(row.amountMinor, row.currency)}</strong></p>
    <div class="score">
      <label for="score">Score ${decision.score} of 100</label>
      <meter id="score" min="0" max="100" low="30" high="70" optimum="0" value=${decision.score}></meter>
    </div>
    <p class="row">
      ${decision.mode !== 'full' && html`<${Tag} text=${decision.mode} />`}
      ${row.label !== null && html`<span>Labelled <${Tag} text=${row.label} /></span>`}
      ${row.superseded && html`<${Tag} text=${supersededText(row, decision)} tone="warm" />`}
      ${decision.responses.map((name) => html`<${Tag} key=${name} text=${`asked for ${name}`} tone="cool" />`)}
    </p>
    <${LabelButtons} transactionId=${row.transactionId} />
  </section>`;
}

/** Why another decision counts than was made first; `decision` is what the caller was told. */
function supersededText(row: DecisionRow, decision: Decision): string {
  return row.outcome === decision.outcome ? 'caller had the fallback' : `late data made it ${row.outcome}`;
}

/** Rules that hit, the most severe first, with the values that they saw. */
function Reasons({ reasons, version }: { reasons: Decision['reasons']; version: string }): VNode {
  const ruleset = useLoaded('ruleset', readRuleset);
  const isInForce = ruleset.value?.version === version;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Rules that hit"><table class="cards">
    <thead><tr><th>Rule</th><th>Says</th><th class="number">Score</th><th>Values that it saw</th></tr></thead>
    <tbody>
      ${reasons.map(
        ({ code, ruleId, outcome, score, evidence }) => html`<tr key=${ruleId}>
          <td><code>${code}</code><br />${
            isInForce
              ? html`<a href=${hrefOf('rules', [ruleId])}>${ruleId}</a>`
              : html`<span class="id">${ruleId}</span>`
          }</td>
          <td><${Says} outcome=${outcome} /></td>
          <td class="number">${score}</td>
          <td><${Evidence} values=${evidence} /></td>
        </tr>`,
      )}
    </tbody>
  </table></div>`;
}

function Payment({ row }: { row: DecisionRow }): VNode {
  const named = {
    card: row.cardId,
    account: row.accountId,
    device: row.deviceId,
    merchant: row.merchantId,
    ip: row.ip,
  };
  const place = row.latitude === null || row.longitude === null ? '' : ` at ${row.latitude}, ${row.longitude}`;
  return html`<section class="panel">
    <h2>The payment</h2>
    <dl class="facts">
      <div><dt>Occurred</dt><dd><${Moment} at=${row.occurredAt} /></dd></div>
      <div><dt>Type</dt><dd>${valueText(row.type)}, ${valueText(row.channel)}</dd></div>
      <div><dt>Where</dt><dd>${valueText(row.country)}${place}</dd></div>
      <div><dt>Merchant category</dt><dd>${valueText(row.mcc)}</dd></div>
      ${Object.entries(named).map(
        ([kind, id]) =>
          id !== null &&
          html`<div key=${kind}>
          <dt>${titleText(kind)}</dt><dd><${SomeEntity} kind=${kind} id=${id} isBare /></dd>
        </div>`,
      )}
    </dl>
  </section>`;
}

function Basis({ row, decision }: { row: DecisionRow; decision: Decision }): VNode {
  return html`<section class="panel">
    <h2>What it rests on</h2>
    <dl class="facts">
      <div><dt>Decided</dt><dd><${Moment} at=${decision.decidedAt} /></dd></div>
      <div><dt>Answer code</dt><dd>${decision.responseCode} <span class="hint">(ISO 8583, field 39)</span></dd></div>
      <div><dt>Ruleset</dt><dd class="id"
        title=${decision.rulesetVersion}>${shortText(decision.rulesetVersion, 18)}</dd></div>
      <div><dt>Record of the log</dt><dd>${row.position}</dd></div>
      ${Object.entries(decision.revisions).map(
        ([kind, revision]) => html`<div key=${kind}><dt>Revision of the ${kind}</dt><dd>${revision}</dd></div>`,
      )}
    </dl>
    <p class="hint">
      The revisions name the state of each actor after this payment: with the log and the ruleset they give the same
      decision again.
    </p>
  </section>`;
}
