import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { callJson } from '../model/api-call.ts';
import type { CountryTraffic, DecisionRow } from '../model/endpoints.ts';
import { useLoaded } from '../model/loaded.ts';
import { compactText, numberText, shareText } from '../model/wording.ts';
import { type Country, countriesOf, MAP_HEIGHT, MAP_WIDTH, pointOf, type Topology } from './world-outlines.ts';

/** Countries that the list beside the map names. */
const NAMED = 8;

/** Where decisions are made: countries shaded by how many, and a dot for each of the newest with a place. */
export function ActivityMap({
  countries,
  decisions,
}: {
  countries: readonly CountryTraffic[];
  decisions: readonly DecisionRow[];
}): VNode {
  const outlines = useLoaded('outlines', (signal) => callJson<Topology>('/console/lib/countries.json', { signal }));
  const shapes = useMemo(() => (outlines.value === null ? [] : countriesOf(outlines.value)), [outlines.value]);
  const sorted = countries.toSorted((left, right) => right.decisions - left.decisions);
  return html`<section class="panel map">
    <h2>Where</h2>
    <div class="map-parts">
      <svg viewBox=${`0 0 ${MAP_WIDTH} ${MAP_HEIGHT}`} role="img"
        aria-label="Map of decisions; the list has the figures">
        <${Shapes} shapes=${shapes} countries=${countries} />
        <${Dots} decisions=${decisions} />
      </svg>
      ${
        sorted.length === 0
          ? html`<p class="hint">No decision has named a country yet.</p>`
          : html`<${Ranking}
        sorted=${sorted} />`
      }
    </div>
  </section>`;
}

function Shapes({ shapes, countries }: { shapes: readonly Country[]; countries: readonly CountryTraffic[] }): VNode {
  const counts = new Map(countries.map(({ country, decisions }) => [country, decisions]));
  const most = Math.max(1, ...counts.values());
  return html`<g>
    ${shapes.map(({ code, name, path }) => {
      const count = counts.get(code) ?? 0;
      const share = count === 0 ? 0 : 0.18 + (0.6 * Math.log1p(count)) / Math.log1p(most);
      return html`<path key=${name} class="land" d=${path}><title>${name}: ${numberText(count)} decisions</title></path>
        ${count > 0 && html`<path class="busy" d=${path} opacity=${share.toFixed(2)} pointer-events="none" />`}`;
    })}
  </g>`;
}

function Dots({ decisions }: { decisions: readonly DecisionRow[] }): VNode {
  const placed = decisions
    .toReversed()
    .flatMap(({ transactionId, outcome, latitude, longitude }) =>
      latitude === null || longitude === null ? [] : [{ transactionId, outcome, ...pointOf(latitude, longitude) }],
    );
  return html`<g>
    ${placed.map(
      ({ transactionId, outcome, x, y }) => html`<circle
        key=${transactionId} class=${`dot ${outcome}`} cx=${x.toFixed(1)} cy=${y.toFixed(1)}
        r=${outcome === 'approve' ? 2.5 : 4.5}
      />`,
    )}
  </g>`;
}

function Ranking({ sorted }: { sorted: readonly CountryTraffic[] }): VNode {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });
  const name = (code: string): string => (/^[A-Z]{2}$/.test(code) ? (names.of(code) ?? code) : code);
  return html`<table class="ranking">
    <thead><tr><th>Country</th><th class="number">Decisions</th><th class="number">Declined</th></tr></thead>
    <tbody>
      ${sorted.slice(0, NAMED).map(
        ({ country, decisions, declined }) => html`<tr key=${country}>
          <td>${name(country)}</td>
          <td class="number">${compactText(decisions)}</td>
          <td class="number">${shareText(declined, decisions)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}
