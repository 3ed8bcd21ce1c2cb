import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { ApiProblem } from '../model/api-call.ts';
import { type Explanation, readExplanation } from '../model/endpoints.ts';
import { useLoaded } from '../model/loaded.ts';
import { titleText } from '../model/wording.ts';
import { Evidence } from './evidence.ts';
import { Codes, Tag } from './marks.ts';
import { Await } from './notices.ts';
import { TimeTravel } from './time-travel.ts';

/** The decision made once more: what would have changed it, every rule with what it saw, the actors as they were. */
export function ExplanationPanel({ id }: { id: string }): VNode | null {
  const loaded = useLoaded(`explanation ${id}`, (signal) => readExplanation(id, signal));
  if (loaded.error instanceof ApiProblem && loaded.error.status === 404) return null;
  return html`<${Await} of=${loaded} what="the explanation: the actors are rebuilt" show=${(
    explanation: Explanation,
  ) => html`
    <${Counterfactuals} explanation=${explanation} />
    <${Rules} explanation=${explanation} />
    <${TimeTravel} explanation=${explanation} />`} />`;
}

function Counterfactuals({
  explanation: { counterfactuals, isReproduced, difference, decision },
}: {
  explanation: Explanation;
}): VNode {
  return html`<section class="panel">
    <div class="row spread">
      <h2>What would have changed it</h2>
      ${
        isReproduced
          ? html`<${Tag} text="made again from the log: the same" tone="good" />`
          : html`<${Tag} text="made again from the log: differs" tone="warm" />`
      }
    </div>
    ${!isReproduced && html`<p class="notice warm">${difference}</p>`}
    ${
      counterfactuals.length === 0
        ? html`<p
          class="hint">
            No change of the amount, the time or the place alone gives another outcome than ${decision.outcome}.
          </p>`
        : html`<ul class="changes-list">
            ${counterfactuals.map(
              ({ change, summary, outcome, score, reasons }) => html`<li key=${summary}>
                <span class="row"><strong>${titleText(change)}</strong> ${summary}</span>
                <span class="row">
                  would be <${Tag} text=${outcome} /> score ${score} ${
                    reasons.length > 0 &&
                    html`<${Codes}
                    codes=${reasons} />`
                  }
                </span>
              </li>`,
            )}
          </ul>`
    }
  </section>`;
}

function Rules({ explanation: { rules } }: { explanation: Explanation }): VNode {
  const [isAll, setAll] = useState(false);
  const order = { hit: 0, failed: 1, miss: 2 } as const;
  const shown = rules
    .filter(({ verdict, state }) => isAll || verdict !== 'miss' || state === 'shadow')
    .toSorted((one, other) => order[one.verdict] - order[other.verdict]);
  return html`<section class="panel">
    <div class="row spread">
      <h2>Every rule</h2>
      <button type="button" aria-pressed=${isAll} onClick=${() => setAll(!isAll)}>
        ${isAll ? 'Only those that hit' : `All ${rules.length}, with those that did not hit`}
      </button>
    </div>
    <div class="scroll" tabindex="0" role="region" aria-label="Every rule"><table class="cards">
      <thead><tr><th>Rule</th><th>Verdict</th><th>Condition, and the values that it saw</th></tr></thead>
      <tbody>
        ${shown.map(
          (rule) => html`<tr key=${rule.ruleId}>
            <td><code>${rule.reason}</code><br /><span class="id">${rule.ruleId}</span></td>
            <td>
              <${Tag} text=${rule.verdict}
                tone=${rule.verdict === 'hit' ? 'bad' : rule.verdict === 'failed' ? 'warm' : 'plain'} />
              ${rule.state !== 'active' && html` <${Tag} text=${rule.state} />`}
              ${rule.isSuppressed && html` <${Tag} text="suppressed" tone="cool" />`}
            </td>
            <td>
              <code class="condition">${rule.when}</code>
              <${Evidence} values=${rule.values} />
              ${rule.message !== '' && html`<p class="hint">${rule.message}</p>`}
            </td>
          </tr>`,
        )}
      </tbody>
    </table></div>
  </section>`;
}
