import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useAction } from '../model/action.ts';
import { hrefOf } from '../model/address.ts';
import { type Kind, type RulesetReport, readRuleset } from '../model/endpoints.ts';
import { useLoaded } from '../model/loaded.ts';
import { type SuppressionRow, suppress } from '../model/suppression-calls.ts';
import { nowMs } from '../platform.ts';
import { Moment } from './marks.ts';
import { Problem } from './notices.ts';

const DAY_MS = 86_400_000;
const DAYS = { '1': 'a day', '7': 'a week', '30': 'thirty days' };

/** Switches one rule off for one entity for a time. Rules with one of the reasons come first. */
export function SuppressForm({ kind, id, reasons }: { kind: Kind; id: string; reasons: readonly string[] }): VNode {
  const { value } = useLoaded('ruleset', readRuleset);
  const rule = useRef<HTMLSelectElement>(null);
  const days = useRef<HTMLSelectElement>(null);
  const note = useRef<HTMLInputElement>(null);
  const [done, setDone] = useState<SuppressionRow | null>(null);
  const action = useAction();
  const send = (event: Event): void => {
    event.preventDefault();
    void action.run(async () => {
      const until = new Date(nowMs() + Number(days.current?.value ?? 1) * DAY_MS).toISOString();
      setDone(await suppress(rule.current?.value ?? '', kind, id, until, note.current?.value.trim() ?? ''));
    });
  };
  return html`<section class="panel">
    <div class="row spread"><h2>Switch a rule off</h2><a href=${hrefOf('suppressions')}>All that are off</a></div>
    <p class="hint">For this ${kind} only, for a time: a rule that finds nothing but good in it.</p>
    <form class="row" onSubmit=${send}>
      <label>Rule <select ref=${rule}>${rulesOf(value, reasons).map(
        (ruleId) => html`<option key=${ruleId} value=${ruleId}>${ruleId}</option>`,
      )}</select></label>
      <label>for <select ref=${days}>${Object.entries(DAYS).map(
        ([count, words]) => html`<option key=${count} value=${count}>${words}</option>`,
      )}</select></label>
      <label class="row">Note <input ref=${note} type="text" maxlength="200" /></label>
      <button type="submit" disabled=${action.isBusy || value === null}>Switch it off</button>
    </form>
    <p role="status">${
      done !== null && html`<code>${done.ruleId}</code> is off for it until <${Moment} at=${done.until} />.`
    }</p>
    ${action.error !== null && html`<${Problem} error=${action.error} retry=${action.clear} />`}
  </section>`;
}

function rulesOf(ruleset: RulesetReport | null, reasons: readonly string[]): readonly string[] {
  const rules = (ruleset?.rules ?? []).filter(({ on }) => !on.startsWith('view.'));
  return rules
    .toSorted((one, other) => Number(reasons.includes(other.reason)) - Number(reasons.includes(one.reason)))
    .map(({ id }) => id);
}
