import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useAction } from '../model/action.ts';
import { type RulesetProblem, validateRuleset } from '../model/endpoints.ts';
import { after } from '../platform.ts';
import { Problem } from './notices.ts';
import { Changes } from './text-diff.ts';

const TYPING_MS = 400;

type Check = {
  readonly state: 'valid' | 'checking' | 'invalid' | 'unknown';
  readonly problems: readonly RulesetProblem[];
  readonly error: Error | null;
};
const VALID: Check = { state: 'valid', problems: [], error: null };

/**
 * A text of a ruleset with what is wrong with it as one types, and what is changed against another. `saved` is what the
 * draft has; a text with problems may be saved too.
 */
export function RulesetEditor({
  saved,
  against,
  problems,
  onSave,
  onDirty,
}: {
  saved: string;
  against: string;
  problems: readonly RulesetProblem[];
  onSave: (text: string) => Promise<unknown>;
  /** Told whether there is anything that is not saved. */
  onDirty: (isDirty: boolean) => void;
}): VNode {
  const [text, setText] = useState(saved);
  const area = useRef<HTMLTextAreaElement>(null);
  const check = useCheck(text, saved, problems);
  const action = useAction();
  const isChanged = text !== saved;
  useEffect(() => onDirty(isChanged), [isChanged]);
  const type = (event: Event): void => {
    if (event.target instanceof HTMLTextAreaElement) setText(event.target.value);
  };
  const save = (): Promise<void> => action.run(() => onSave(text));
  const keys = (event: KeyboardEvent): void => {
    if (event.key !== 's' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void save();
  };
  return html`<section class="panel editor">
    <div class="row spread">
      <h2 id="editor-title">Text</h2>
      <${Verdict} check=${check} />
    </div>
    <${Problems} problems=${check.problems} go=${(problem: RulesetProblem) => goToLine(area.current, problem)} />
    ${check.error !== null && html`<${Problem} error=${check.error} retry=${() => setText(text)} />`}
    <${Lines} text=${text} marked=${check.problems}>
      <textarea
        ref=${area} aria-labelledby="editor-title" value=${text} onInput=${type} onScroll=${scrollNumbers} wrap="off"
        onKeyDown=${keys} spellcheck=${false} autocomplete="off"
      ></textarea>
    <//>
    <p class="row">
      <button type="button" class="primary" disabled=${!isChanged || action.isBusy} onClick=${() => void save()}>
        Save the draft
      </button>
      <button type="button" disabled=${!isChanged} onClick=${() => setText(saved)}>Undo what is not saved</button>
      <span class="hint" role="status">${isChanged ? 'Not saved. Ctrl+S saves.' : 'All is saved.'}</span>
    </p>
    ${action.error !== null && html`<${Problem} error=${action.error} retry=${action.clear} />`}
    ${
      text !== against &&
      html`<details open><summary>What is changed against the ruleset in force</summary>
        <${Changes} before=${against} after=${text} />
      </details>`
    }
  </section>`;
}

/** Asks the engine what is wrong with a text whenever the typing pauses. */
function useCheck(text: string, saved: string, known: readonly RulesetProblem[]): Check {
  const [check, setCheck] = useState(VALID);
  useEffect(() => {
    if (text === saved) {
      setCheck(known.length === 0 ? VALID : { state: 'invalid', problems: known, error: null });
      return;
    }
    setCheck((before) => ({ ...before, state: 'checking' }));
    const leaving = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const { valid, problems } = await validateRuleset(text, leaving.signal);
        setCheck({ state: valid ? 'valid' : 'invalid', problems, error: null });
      } catch (error) {
        const problem = error instanceof Error ? error : new Error(String(error));
        if (!leaving.signal.aborted) setCheck({ state: 'unknown', problems: [], error: problem });
      }
    };
    const cancel = after(TYPING_MS, () => void ask());
    return () => {
      cancel();
      leaving.abort();
    };
  }, [text, saved, known]);
  return check;
}

const VERDICTS = { valid: 'Valid', checking: 'Checking …', invalid: 'Not valid', unknown: 'Not checked' } as const;

function Verdict({ check: { state, problems } }: { check: Check }): VNode {
  const tone = state === 'valid' ? 'good' : state === 'invalid' ? 'bad' : 'plain';
  const count = problems.length === 0 ? '' : `: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
  return html`<span class=${`tag ${tone}`} role="status">${VERDICTS[state]}${count}</span>`;
}

function Problems({
  problems,
  go,
}: {
  problems: readonly RulesetProblem[];
  go: (problem: RulesetProblem) => void;
}): VNode | null {
  if (problems.length === 0) return null;
  return html`<ul class="problems">
    ${problems.slice(0, 20).map(
      (problem) => html`<li key=${`${problem.line} ${problem.field} ${problem.message}`}>
        <button type="button" onClick=${() => go(problem)}>Line ${problem.line}</button>
        <span><code>${problem.field}</code> ${problem.message}</span>
      </li>`,
    )}
  </ul>`;
}

function Lines({
  text,
  marked,
  children,
}: {
  text: string;
  marked: readonly RulesetProblem[];
  children?: VNode;
}): VNode {
  const wrong = new Set(marked.map(({ line }) => line));
  const count = text.split('\n').length;
  return html`<div class="lines">
    <div class="numbers" aria-hidden="true">
      ${Array.from(
        { length: count },
        (_, index) => html`<span key=${index}
        class=${wrong.has(index + 1) ? 'wrong' : ''}>${index + 1}</span>`,
      )}
    </div>
    ${children}
  </div>`;
}

function scrollNumbers(event: Event): void {
  if (!(event.target instanceof HTMLElement)) return;
  const numbers = event.target.parentElement?.querySelector('.numbers');
  if (numbers instanceof HTMLElement) numbers.scrollTop = event.target.scrollTop;
}

/** Puts the cursor where a problem is. */
function goToLine(area: HTMLTextAreaElement | null, { line, column }: RulesetProblem): void {
  if (area === null) return;
  const before = area.value.split('\n').slice(0, line - 1);
  const place = before.reduce((sum, text) => sum + text.length + 1, 0) + Math.max(0, column - 1);
  area.focus();
  area.setSelectionRange(place, place);
  const lineHeight = area.scrollHeight / area.value.split('\n').length;
  area.scrollTop = Math.max(0, (line - 6) * lineHeight);
}
