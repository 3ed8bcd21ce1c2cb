import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useAction } from '../model/action.ts';
import { type BulkAnswer, type BulkOrder, changeCases, LABEL_NAMES } from '../model/case-calls.ts';
import { nowMs } from '../platform.ts';
import { Problem } from './notices.ts';

const DAY_MS = 86_400_000;

type Wanted = {
  readonly order: BulkOrder;
  /** What is asked before it is done, for how many cases there are. */
  readonly question: (cases: string) => string;
  readonly preview: BulkAnswer;
};

/** Does the same with the chosen cases: first says how many that are, then asks once more. */
export function CaseBulk({ chosen, done }: { chosen: readonly string[]; done: () => void }): VNode | null {
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const assignee = useRef<HTMLInputElement>(null);
  const action = useAction();
  if (chosen.length === 0) return null;
  const preview = (order: BulkOrder, question: Wanted['question']): void =>
    void action.run(async () => setWanted({ order, question, preview: await changeCases(chosen, order, true) }));
  const go = (order: BulkOrder): void =>
    void action.run(async () => {
      const { refused } = await changeCases(chosen, order, false);
      if (refused.length === 0) done();
      else throw new Error(refused.map(({ caseId, reason }) => `Case ${caseId}: ${reason}`).join(' '));
    });
  const assign = (): void => {
    const name = assignee.current?.value.trim() ?? '';
    preview({ action: 'assign', assignee: name }, (cases) => `Assign ${cases} to ${name}?`);
  };
  const snooze = (): void => {
    const until = new Date(nowMs() + DAY_MS).toISOString();
    preview({ action: 'snooze', until }, (cases) => `Let ${cases} sleep for a day?`);
  };
  return html`<div class="panel row" role="group" aria-label="The chosen cases">
    ${
      wanted === null
        ? html`<span>${chosen.length} chosen. Resolve as</span>
            ${LABEL_NAMES.map(
              (label) =>
                html`<button key=${label} type="button" onClick=${() =>
                  preview(
                    { action: 'resolve', label },
                    (cases) => `Resolve ${cases} as ${label}, and label their payments?`,
                  )}>${label}</button>`,
            )}
            <button type="button" onClick=${assign}>Assign</button>
            <label>to <input ref=${assignee} type="text" maxlength="64" placeholder="analyst-2" /></label>
            <button type="button" onClick=${snooze}>Snooze for a day</button>`
        : html`<span role="alert">${wanted.question(casesText(wanted.preview))}</span>
            <button type="button" class="primary" onClick=${() => go(wanted.order)}>Yes, ${wanted.order.action}</button>
            <button type="button" onClick=${() => setWanted(null)}>No</button>`
    }
    ${action.error !== null && html`<${Problem} error=${action.error} retry=${action.clear} />`}
  </div>`;
}

function casesText({ count }: BulkAnswer): string {
  return `${count} ${count === 1 ? 'case' : 'cases'}`;
}
