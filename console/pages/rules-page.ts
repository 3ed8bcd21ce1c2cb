import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { hrefOf } from '../model/address.ts';
import { listRulesets, type RulesetShelfAnswer } from '../model/draft-calls.ts';
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
import { DraftDetail } from '../parts/draft-detail.ts';
import { DraftList } from '../parts/draft-list.ts';
import { Moment, Says, Tag } from '../parts/marks.ts';
import { Await } from '../parts/notices.ts';
import { Publications } from '../parts/publications.ts';
import { Lazily } from '../parts/text-diff.ts';

const LOOK_MS = 5_000;

/** The rules that decide: how they do, what was in force before, and drafts of what may be. */
export function RulesPage(): VNode {
  const [what = '', id = ''] = route.value.parts;
  if (what === 'draft' && id !== '') return html`<${DraftDetail} key=${id} id=${id} />`;
  return html`<${RulesInForce} />`;
}

function RulesInForce(): VNode {
  const loaded = useLoaded('ruleset', readRuleset);
  const shelf = useLoaded('shelf', listRulesets, LOOK_MS);
  const version = loaded.value?.version ?? '';
  const statistics = useLoaded(`rules ${version}`, (signal) => statisticsOf(version, signal), LOOK_MS);
  const changed = (): void => {
    loaded.reload();
    shelf.reload();
  };
  useEffect(() => {
    if (shelf.value !== null && version !== '' && shelf.value.inForce !== version) loaded.reload();
  }, [shelf.value?.inForce, version]);
  return html`<h1>Rules</h1>
    <${Await} of=${loaded} what="the ruleset" show=${(ruleset: RulesetReport) => html`
      <section class="panel">
        <h2>${ruleset.name}</h2>
        <dl class="facts">
          <div><dt>In force since</dt><dd><${Moment} at=${ruleset.publishedAt} /></dd></div>
          <div><dt>Version</dt><dd class="id" title=${ruleset.version}>${shortText(ruleset.version, 18)}</dd></div>
          <div><dt>Rules</dt><dd>${ruleset.rules.length}</dd></div>
          <div><dt>Features</dt><dd>${ruleset.featureCount}</dd></div>
        </dl>
        <${Lazily} words="Its text"><pre class="changes" tabindex="0">${ruleset.text}</pre><//>
      </section>
      <${Await} of=${shelf} what="drafts" show=${({ drafts, publications, inForce }: RulesetShelfAnswer) => html`
        <${DraftList} drafts=${drafts} text=${ruleset.text} />
        <${RuleTable} ruleset=${ruleset} statistics=${statistics.value} />
        <${Publications}
          publications=${publications} inForce=${inForce} text=${ruleset.text} changed=${changed}
        />`} />`} />`;
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
  const [isWhole, setWhole] = useState(false);
  const sorted = ruleset.rules.toSorted((one, other) => hitsOf(other.id) - hitsOf(one.id));
  const busy = sorted.filter(({ id }) => hitsOf(id) > 0 || id === chosen || (byRule.get(id)?.failures ?? 0) > 0);
  const rules = isWhole || busy.length === 0 ? sorted : busy;
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
    ${
      rules.length < sorted.length &&
      html`<p><button type="button" onClick=${() => setWhole(true)}>
        Show the ${sorted.length - rules.length} rules that hit nothing, too
      </button></p>`
    }
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
