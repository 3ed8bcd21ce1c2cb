import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { BacktestGroup, BacktestResult } from '../model/draft-calls.ts';
import { compactText, numberText, shareText } from '../model/wording.ts';
import { DecisionName, Tag } from './marks.ts';

const ROWS_SHOWN = 12;
const FLIPS_SHOWN = 25;

/** What a draft would have decided otherwise: in all, by outcome, by rule, by segment, and the first decisions. */
export function TrialResult({ result }: { result: BacktestResult }): VNode {
  const { total, flips } = result;
  return html`<dl class="tiles">
      <${Tile} name="Decisions" value=${compactText(total.decisions)} />
      <${Tile} name="Flipped" value=${compactText(total.flipped)}
        says=${`${shareText(total.flipped, total.decisions)}, ${numberText(total.stricter)} stricter`} />
      <${Tile} name="Amount saved" value=${compactText(total.amountSaved)} tone="good"
        says=${`${numberText(total.fraudStopped)} frauds declined`} />
      <${Tile} name="Amount lost" value=${compactText(total.amountLost)} tone="bad"
        says=${`${numberText(total.fraudMissed)} frauds no longer`} />
      <${Tile} name="Good customers hurt" value=${compactText(total.goodHurt)} tone="warm" says="labelled legitimate" />
      <${Tile} name="Others made stricter" value=${compactText(total.unlabelledHurt)} says="without a label" />
    </dl>
    ${
      total.flipped === 0
        ? html`<p class="hint">Every one of these decisions would have been the same.</p>`
        : html`<div class="grid two">
            <${Outcomes} result=${result} />
            <${Segments} segments=${result.segments} />
          </div>`
    }
    <${Rules} result=${result} />
    ${
      flips.length > 0 &&
      html`<details><summary>Decisions that flip${flips.length < total.flipped ? ', the first' : ''}</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="Decisions that flip"><table class="cards">
          <thead>
            <tr><th>Decision</th><th>Answered</th><th>Draft</th><th class="number">Amount</th><th>Rules</th></tr>
          </thead>
          <tbody>
            ${flips.slice(0, FLIPS_SHOWN).map(
              ({ transactionId, before, after, amount, label, rules }) => html`<tr key=${transactionId}>
                <td><${DecisionName} id=${transactionId} /> ${label !== null && html`<${Tag} text=${label} />`}</td>
                <td data-name="Answered"><${Tag} text=${before} /></td>
                <td data-name="Draft"><${Tag} text=${after} /></td>
                <td class="number" data-name="Amount">${compactText(amount)}</td>
                <td class="reasons">${rules.join(', ') || 'none'}</td>
              </tr>`,
            )}
          </tbody>
        </table></div>
      </details>`
    }`;
}

function Tile({ name, value, says, tone }: { name: string; value: string; says?: string; tone?: string }): VNode {
  return html`<div class=${`tile ${tone ?? ''}`}><dt>${name}</dt>
    <dd>${value}${says !== undefined && html`<small>${says}</small>`}</dd></div>`;
}

function Outcomes({ result }: { result: BacktestResult }): VNode {
  return html`<div>
    <h3>Outcomes</h3>
    <table>
      <thead><tr><th>Outcome</th><th class="number">Answered</th><th class="number">Draft</th></tr></thead>
      <tbody>
        ${Object.entries(result.outcomes).map(
          ([outcome, { before, after }]) => html`<tr key=${outcome}>
            <td><${Tag} text=${outcome} /></td>
            <td class="number">${numberText(before)}</td><td class="number">${numberText(after)}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function Segments({ segments }: { segments: Readonly<Record<string, BacktestGroup>> }): VNode {
  const rows = Object.entries(segments)
    .filter(([, { flipped }]) => flipped > 0)
    .toSorted(([, one], [, other]) => other.flipped - one.flipped)
    .slice(0, ROWS_SHOWN);
  return html`<div>
    <h3>By channel and country</h3>
    <div class="scroll" tabindex="0" role="region" aria-label="By channel and country"><table>
      <thead>
        <tr>
          <th>Segment</th><th class="number">Flipped</th><th class="number">Saved</th>
          <th class="number">Good hurt</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name, { flipped, decisions, amountSaved, goodHurt }]) => html`<tr key=${name}>
            <td>${name.replace(':', ' ')}</td>
            <td class="number">${numberText(flipped)} of ${compactText(decisions)}</td>
            <td class="number">${compactText(amountSaved)}</td><td class="number">${numberText(goodHurt)}</td>
          </tr>`,
        )}
      </tbody>
    </table></div>
  </div>`;
}

function Rules({ result }: { result: BacktestResult }): VNode | null {
  const rows = result.rules
    .filter(({ hits, shadowHits }) => hits + shadowHits > 0)
    .toSorted((one, other) => other.hits + other.shadowHits - one.hits - one.shadowHits)
    .slice(0, ROWS_SHOWN);
  if (rows.length === 0) return null;
  return html`<h3>By rule of the draft</h3>
    <div class="scroll" tabindex="0" role="region" aria-label="By rule of the draft"><table class="cards">
      <thead>
        <tr>
          <th>Rule</th><th class="number">Hits</th><th class="number">Alone</th><th class="number">Saved</th>
          <th class="number">Good hurt</th><th class="number">Precision</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (rule) => html`<tr key=${rule.ruleId}>
            <td>${rule.ruleId} ${rule.state !== 'active' && html`<${Tag} text=${rule.state} />`}</td>
            <td class="number" data-name="Hits">${numberText(rule.hits + rule.shadowHits)}</td>
            <td class="number" data-name="Alone">${numberText(rule.soleHits)}</td>
            <td class="number" data-name="Saved">${compactText(rule.amountSaved)}</td>
            <td class="number" data-name="Good hurt">${numberText(rule.goodHurt)}</td>
            <td class="number" data-name="Precision">${
              rule.fraudHits + rule.legitimateHits === 0
                ? 'no labels'
                : shareText(rule.fraudHits, rule.fraudHits + rule.legitimateHits)
            }</td>
          </tr>`,
        )}
      </tbody>
    </table></div>`;
}
