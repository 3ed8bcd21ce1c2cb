import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ActivityMap } from '../figures/activity-map.ts';
import { LineChart } from '../figures/line-chart.ts';
import { hrefOf } from '../model/address.ts';
import { type AlertRow, listAlerts, listDecisions, readStatistics, type StatisticsAnswer } from '../model/endpoints.ts';
import { useLoaded } from '../model/loaded.ts';
import { gainedWithin, type Sighting, totalsOf } from '../model/rates.ts';
import { apiKey } from '../model/session.ts';
import { followStream } from '../model/stream.ts';
import { compactText, millisText, numberText, shareText } from '../model/wording.ts';
import { AlertList } from '../parts/alert-list.ts';
import { Empty, Problem } from '../parts/notices.ts';
import { nowMs } from '../platform.ts';

const SECONDS = 300;
const TICKER_MAX = 40;
const MINUTE_MS = 60_000;
const NO_ALERTS: readonly AlertRow[] = [];

/** What happens now: rates, latencies, places, alerts. */
export function LivePage(): VNode {
  const statistics = useLoaded('live', (signal) => readStatistics({ interval: '1d', seconds: SECONDS }, signal), 1_000);
  const newest = useLoaded('newest', (signal) => listDecisions({ sort: 'position', limit: 300 }, signal), 2_000);
  const alerts = useTicker();
  const gained = useGained(statistics.value);
  const { value, error, reload } = statistics;
  const isEmpty = value !== null && value.points.length === 0;
  return html`<h1>Live</h1>
    ${error !== null && html`<${Problem} error=${error} retry=${reload} />`}
    ${value !== null && html`<${Tiles} statistics=${value} gained=${gained} />`}
    ${
      isEmpty &&
      html`<${Empty} title="No decision yet">
        <p>Send one to <code>POST /v1/authorizations</code>, as <a href="/docs">/docs</a> shows, or play traffic with
        <code>npm run palisade -- simulate</code> and <code>replay</code>.</p>
      <//>`
    }
    <div class="grid two">
      <${Charts} statistics=${value} />
    </div>
    <div class="grid map-and-ticker">
      <${ActivityMap} countries=${value?.countries ?? []} decisions=${newest.value?.items ?? []} />
      <section class="panel ticker" aria-label="Newest alerts">
        <div class="row spread"><h2>Alerts</h2><a href=${hrefOf('alerts')}>All alerts</a></div>
        ${
          alerts.length === 0
            ? html`<p class="hint">None yet. Whatever a person should look at appears here at once.</p>`
            : html`<${AlertList} alerts=${alerts} />`
        }
      </section>
    </div>`;
}

/** The newest alerts: those that are there when the page opens, then each as it comes. */
function useTicker(): readonly AlertRow[] {
  const [alerts, setAlerts] = useState(NO_ALERTS);
  const key = apiKey.value;
  useEffect(() => {
    const leaving = new AbortController();
    const add = (added: readonly AlertRow[]): void =>
      setAlerts((before) => {
        const known = new Set(before.map(rowKey));
        return [...added.filter((row) => !known.has(rowKey(row))), ...before].slice(0, TICKER_MAX);
      });
    const start = async (): Promise<void> => {
      const page = await listAlerts({ limit: TICKER_MAX }, leaving.signal).catch(() => null);
      if (page !== null) add(page.items.toSorted((left, right) => right.position - left.position));
      await followStream('alert', (_type, data) => add([readRow(data)]), leaving.signal);
    };
    void start();
    return () => leaving.abort();
  }, [key]);
  return alerts;
}

function readRow(data: string): AlertRow {
  const row: AlertRow = JSON.parse(data);
  return row;
}

function rowKey({ position, subjectId }: AlertRow): string {
  return `${position} ${subjectId}`;
}

/** What came within the last minute that this page saw. */
function useGained(statistics: StatisticsAnswer | null): Sighting | null {
  const seen = useRef<readonly Sighting[]>([]);
  return useMemo(() => {
    if (statistics === null) return null;
    const atMs = nowMs();
    const kept = seen.current.filter((sighting) => atMs - sighting.atMs <= MINUTE_MS);
    seen.current = [...kept, { atMs, totals: totalsOf(statistics.points) }];
    return gainedWithin(seen.current, MINUTE_MS);
  }, [statistics]);
}

function Tiles({ statistics, gained }: { statistics: StatisticsAnswer; gained: Sighting | null }): VNode {
  const { latency, points, asOf } = statistics;
  const all = totalsOf(points);
  const isBusy = gained !== null && gained.totals.decisions > 0;
  const part = isBusy ? gained.totals : all;
  const during = isBusy ? 'within the last minute' : 'of all so far';
  const last = latency.at(-1);
  const answered = latency.findLast(({ p99Ms }) => p99Ms !== null);
  const tile = (name: string, figure: string, about: string, tone = ''): VNode => html`<div class=${`tile ${tone}`}>
    <dt>${name}</dt><dd>${figure}<small>${about}</small></dd>
  </div>`;
  const outcome = (name: string, tone: string, count: number): VNode =>
    tile(name, shareText(count, part.decisions), `${compactText(count)} ${during}`, tone);
  return html`<dl class="tiles">
    ${tile('Decisions a second', numberText(last?.answers ?? 0), `${compactText(all.decisions)} so far`)}
    ${outcome('Approved', 'good', part.approved)}
    ${outcome('Challenged', 'warm', part.challenged)}
    ${outcome('Held for review', 'odd', part.reviewed)}
    ${outcome('Declined', 'bad', part.declined)}
    ${tile('Latency p99', millisText(answered?.p99Ms ?? null), `p50 ${millisText(answered?.p50Ms ?? null)}`)}
    ${tile('Views lag', `${numberText(asOf.lagSeconds)} s`, `${numberText(asOf.lagEvents)} events`)}
  </dl>`;
}

function Charts({ statistics }: { statistics: StatisticsAnswer | null }): VNode {
  const latency = statistics?.latency;
  const series = useMemo(() => {
    const points = latency ?? [];
    return {
      times: points.map(({ at }) => Date.parse(at) / 1_000),
      rates: [
        {
          name: 'decisions a second',
          colour: '--accent',
          values: points.map(({ answers }) => answers),
          isFilled: true,
        },
      ],
      delays: [
        { name: 'p50', colour: '--good-line', values: points.map(({ p50Ms }) => p50Ms) },
        { name: 'p95', colour: '--warm-line', values: points.map(({ p95Ms }) => p95Ms) },
        { name: 'p99', colour: '--bad-line', values: points.map(({ p99Ms }) => p99Ms) },
      ],
    };
  }, [latency]);
  return html`
    <${LineChart} title="Decisions" times=${series.times} series=${series.rates} say=${compactText} />
    <${LineChart} title="Latency of answers" times=${series.times} series=${series.delays} say=${millisText} />
  `;
}
