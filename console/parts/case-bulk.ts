import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { type BulkAnswer, LABEL_NAMES, type LabelName, resolveCases } from '../model/case-calls.ts';
import { Problem } from './notices.ts';

/** Resolves the chosen cases with one label: first says how many that are, then asks once more. */
export function CaseBulk({ chosen, done }: { chosen: readonly string[]; done: () => void }): VNode | null {
  const [wanted, setWanted] = useState<{ readonly label: LabelName; readonly preview: BulkAnswer } | null>(null);
  const [error, setError] = useState<Error | null>(null);
  if (chosen.length === 0) return null;
  const run = async (work: () => Promise<void>): Promise<void> => {
    try {
      setError(null);
      await work();
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    }
  };
  const preview = (label: LabelName): Promise<void> =>
    run(async () => setWanted({ label, preview: await resolveCases(chosen, label, true) }));
  const resolve = (label: LabelName): Promise<void> =>
    run(async () => {
      const { refused } = await resolveCases(chosen, label, false);
      if (refused.length === 0) done();
      else setError(new Error(refused.map(({ caseId, reason }) => `Case ${caseId}: ${reason}`).join(' ')));
    });
  return html`<div class="panel row" role="group" aria-label="The chosen cases">
    ${
      wanted === null
        ? html`<span>${chosen.length} chosen. Resolve as</span>
            ${LABEL_NAMES.map(
              (label) =>
                html`<button key=${label} type="button" onClick=${() => void preview(label)}>${label}</button>`,
            )}`
        : html`<span role="alert">
              Resolve ${wanted.preview.count} cases as ${wanted.label}, and label their payments?
            </span>
            <button type="button" class="primary" onClick=${() => void resolve(wanted.label)}>Yes, resolve</button>
            <button type="button" onClick=${() => setWanted(null)}>No</button>`
    }
    ${error !== null && html`<${Problem} error=${error} retry=${() => setError(null)} />`}
  </div>`;
}
