import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { hrefOf } from '../model/address.ts';
import {
  type RuleStatistics,
  type RuleStatisticsAnswer,
  type RulesetReport,
  readRuleStatistics,
  readRuleset,
} from '../model/endpoints.ts';
import { useLoaded } from '../model/loaded.ts';
import { route } from '../model/location.ts';
import { compactText, shareText, shortText } from '../model/wording.ts';
import { Moment, Says, Tag } from '../parts/marks.ts';
import { Await } from '../parts/notices.ts';
import { RulesetEditor } from '../parts/ruleset-editor.ts';

const LOOK_MS = 5_000;

/** The rules that decide: how they do, their text, and how to change them. */
export function RulesPage(): VNode {
  const loaded = useLoaded('ruleset', readRuleset);
  const version = loaded.value?.version ?? '';
  const statistics = useLoaded(`rules ${version}`, (signal) => statisticsOf(version, signal), LOOK_MS);
  const [isEditing, setEditing] = useState(false);
  return html`<h1>Rules</h1>
    <${Await} of=${loaded} what="the ruleset" show=${(ruleset: RulesetReport) => html`
      <section class="panel">
        <div class="row spread">
          <h2>${ruleset.name}</h2>
          <button type="button" class=${isEditing ? '' : 'primary'} onClick=${() => setEditing(!isEditing)}>
            ${isEditing ? 'Close the editor' : 'View and edit'}
          </button>
        </div>
        <dl class="facts">
          <div><dt>In force since</dt><dd><${Moment} at=${ruleset.publishedAt} /></dd></div>
          <div><dt>Version</dt><dd class="id" title=${ruleset.version}>${shortText(ruleset.version, 18)}</dd></div>
          <div><dt>Rules</dt><dd>${ruleset.rules.length}</dd></div>
          <div><dt>Features</dt><dd>${ruleset.featureCount}</dd></div>
        </dl>
      </section>
      ${
        isEditing &&
        html`<${RulesetEditor} published=${ruleset} onPublished=${() => {
          loaded.reload();
          setEditing(false);
        }} />`
      }
      <${RuleTable} ruleset=${ruleset} statistics=${statistics.value} />`} />`;
}

async function statisticsOf(version: string, signal: AbortSignal): Promise<RuleStatisticsAnswer | null> {
  return version === '' ? null : readRuleStatistics({ rulesetVersion: version }, signal);
}

function RuleTable({
  ruleset,
  statistics,
}: {
  ruleset: RulesetReport;
  statistics: RuleStatisticsAnswer | null;
}): VNode {
  const chosen = route.value.parts[0];
  const byRule = new Map((statistics?.rules ?? []).map((rule) => [rule.ruleId, rule]));
  const hitsOf = (id: string): number => (byRule.get(id)?.hits ?? 0) + (byRule.get(id)?.shadowHits ?? 0);
  const rules = ruleset.rules.toSorted((one, other) => hitsOf(other.id) - hitsOf(one.id));
  return html`<section class="panel">
    <h2>How they do</h2>
    <p class="hint">Under this version, the busiest first. Precision is the share of labelled hits that were fraud.</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Rules"><table class="cards">
      <thead>
        <tr>
          <th>Rule</th><th>Says</th><th class="number">Hits</th><th class="number">Alone</th>
          <th class="number">Stopped</th><th class="number">Precision</th><th class="number">Shadow hits</th>
          <th class="number">Failures</th>
        </tr>
      </thead>
      <tbody>
        ${rules.map(
          ({ id, on, state, outcome, reason }) => html`<tr key=${id} class=${id === chosen ? 'chosen' : ''}>
            <td>
              <a href=${hrefOf('decisions', [], { rule: id, range: 'all' })}>${id}</a><br /><code>${reason}</code>
            </td>
            <td>
              <${Says} outcome=${outcome} />
              ${state !== 'active' && html` <${Tag} text=${state} />`}
              ${on !== 'transaction' && html` <${Tag} text=${`on ${on}`} tone="plain" />`}
            </td>
            <${Figures} of=${byRule.get(id)} />
          </tr>`,
        )}
      </tbody>
    </table></div>
    <${Overlaps} statistics=${statistics} />
  </section>`;
}

function Figures({ of }: { of: RuleStatistics | undefined }): VNode {
  const labelled = (of?.fraudLabels ?? 0) + (of?.legitimateLabels ?? 0);
  return html`
    <td class="number" data-name="Hits">${compactText(of?.hits ?? 0)}</td>
    <td class="number" data-name="Alone">${compactText(of?.soleHits ?? 0)}</td>
    <td class="number" data-name="Stopped">${compactText(of?.amountStopped ?? 0)}</td>
    <td class="number"
      data-name="Precision">${labelled === 0 ? 'no labels' : shareText(of?.fraudLabels ?? 0, labelled)}</td>
    <td class="number" data-name="Shadow hits">${compactText(of?.shadowHits ?? 0)}</td>
    <td class="number" data-name="Failures">${compactText(of?.failures ?? 0)}</td>`;
}

const OVERLAPS = 12;

function Overlaps({ statistics }: { statistics: RuleStatisticsAnswer | null }): VNode | null {
  const overlaps = (statistics?.overlaps ?? []).toSorted((one, other) => other.both - one.both).slice(0, OVERLAPS);
  if (overlaps.length === 0) return null;
  return html`<details>
    <summary>Rules that hit the same decisions</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Overlaps"><table>
      <thead><tr><th>One</th><th>Other</th><th class="number">Both</th></tr></thead>
      <tbody>
        ${overlaps.map(
          ({ leftRule, rightRule, both }) => html`<tr key=${`${leftRule} ${rightRule}`}>
            <td>${leftRule}</td><td>${rightRule}</td><td class="number">${compactText(both)}</td>
          </tr>`,
        )}
      </tbody>
    </table></div>
  </details>`;
}
