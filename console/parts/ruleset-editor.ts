import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { publishRuleset, type RulesetProblem, type RulesetReport, validateRuleset } from '../model/endpoints.ts';
import { changesBetween, withContext } from '../model/text-changes.ts';
import { after } from '../platform.ts';
import { Problem } from './notices.ts';

const TYPING_MS = 400;
const CONTEXT_LINES = 2;

type Check = {
  readonly state: 'valid' | 'checking' | 'invalid' | 'unknown';
  readonly problems: readonly RulesetProblem[];
  readonly error: Error | null;
};
const VALID: Check = { state: 'valid', problems: [], error: null };

/** The text of the ruleset with what is wrong with it as one types, what is changed, and its publication. */
export function RulesetEditor({
  published,
  onPublished,
}: {
  published: RulesetReport;
  onPublished: () => void;
}): VNode {
  const [text, setText] = useState(published.text);
  const area = useRef<HTMLTextAreaElement>(null);
  const check = useCheck(text, published.text);
  const isChanged = text !== published.text;
  const type = (event: Event): void => {
    if (event.target instanceof HTMLTextAreaElement) setText(event.target.value);
  };
  return html`<section class="panel editor">
    <div class="row spread">
      <h2 id="editor-title">Text of the ruleset</h2>
      <${Verdict} check=${check} />
    </div>
    <${Problems} problems=${check.problems} go=${(problem: RulesetProblem) => goToLine(area.current, problem)} />
    ${check.error !== null && html`<${Problem} error=${check.error} retry=${() => setText(text)} />`}
    <${Lines} text=${text} marked=${check.problems}>
      <textarea
        ref=${area} aria-labelledby="editor-title" value=${text} onInput=${type} onScroll=${scrollNumbers} wrap="off"
        spellcheck=${false} autocomplete="off"
      ></textarea>
    <//>
    ${isChanged && html`<${Changes} before=${published.text} after=${text} />`}
    <${Publication}
      canPublish=${isChanged && check.state === 'valid'} isChanged=${isChanged} text=${text} onPublished=${onPublished}
      revert=${() => setText(published.text)}
    />
  </section>`;
}

/** Asks the engine what is wrong with a text whenever the typing pauses. */
function useCheck(text: string, publishedText: string): Check {
  const [check, setCheck] = useState(VALID);
  useEffect(() => {
    if (text === publishedText) {
      setCheck(VALID);
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
  }, [text, publishedText]);
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

const SIGNS = { kept: ' ', added: '+', removed: '-' } as const;

function Changes({ before, after: changed }: { before: string; after: string }): VNode {
  const lines = withContext(changesBetween(before, changed), CONTEXT_LINES);
  return html`<details open><summary>What is changed</summary>
    <pre class="changes" tabindex="0">${lines.map((line, index) =>
      line === null
        ? html`<span key=${index} class="gap">⋯${'\n'}</span>`
        : html`<span key=${index} class=${line.kind}>${SIGNS[line.kind]} ${line.text}${'\n'}</span>`,
    )}</pre>
  </details>`;
}

function Publication({
  canPublish,
  isChanged,
  text,
  onPublished,
  revert,
}: {
  canPublish: boolean;
  isChanged: boolean;
  text: string;
  onPublished: () => void;
  revert: () => void;
}): VNode {
  const [isSure, setSure] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  useEffect(() => setSure(false), [text]);
  const publish = async (): Promise<void> => {
    try {
      await publishRuleset(text);
      onPublished();
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    }
  };
  const button = isSure
    ? html`<span role="alert">It decides the next payment at once. Publish?</span>
        <button type="button" class="primary" onClick=${() => void publish()}>Yes, publish</button>
        <button type="button" onClick=${() => setSure(false)}>No</button>`
    : html`<button type="button" class="primary" disabled=${!canPublish} onClick=${() => setSure(true)}>Publish</button>
        <button type="button" disabled=${!isChanged} onClick=${revert}>Undo all changes</button>`;
  return html`<p class="row">${button}</p>
    ${error !== null && html`<${Problem} error=${error} retry=${() => setError(null)} />`}`;
}
