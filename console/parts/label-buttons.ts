import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { LABEL_NAMES, type LabelName, labelTransaction } from '../model/case-calls.ts';
import { Problem } from './notices.ts';

/** Says what became of a payment: it teaches its actors, and counts for the rules that hit it. */
export function LabelButtons({ transactionId }: { transactionId: string }): VNode {
  const [given, setGiven] = useState<LabelName | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const send = async (label: LabelName): Promise<void> => {
    try {
      await labelTransaction(transactionId, label);
      setGiven(label);
      setError(null);
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    }
  };
  return html`<div class="row" role="group" aria-label="Label">
    <span class="hint">Label as</span>
    ${LABEL_NAMES.map(
      (label) => html`<button
        key=${label} type="button" aria-pressed=${label === given} onClick=${() => void send(label)}
      >${label}</button>`,
    )}
    <span role="status">${given === null ? '' : `Labelled ${given}`}</span>
    ${error !== null && html`<${Problem} error=${error} retry=${() => setError(null)} />`}
  </div>`;
}
