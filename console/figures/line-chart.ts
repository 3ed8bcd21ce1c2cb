import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { theme } from '../model/session.ts';

/** One line of a chart: what it is called, and its colour by the name of a custom property of the style sheet. */
export type ChartSeries = {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly isFilled?: boolean;
};

type LineChartProps = {
  readonly title: string;
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  /** Words for a value. */
  readonly say: (value: number) => string;
  readonly isStepped?: boolean;
};

const HEIGHT = 190;
const DAY_S = 86_400;
/** Steps between moments on the axis, seconds: none is less than what their words tell apart. */
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200];
const STEPS_DAYS = [1, 2, 5, 10, 30, 60, 180, 365, 730, 3_650];
const DAY = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short' });
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** A chart of values over time. The newest value of each line stands as text above it. */
export function LineChart({ title, times, series, say, isStepped = false }: LineChartProps): VNode {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const look = theme.value;
  const names = series.map(({ name }) => name).join();
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const made = new uPlot(optionsOf(element, times, series, say, isStepped), dataOf(times, series), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: widthOf(element), height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [look, names, isStepped]);
  useEffect(() => plot.current?.setData(dataOf(times, series)), [times, series]);
  return html`<section class="panel chart">
    <h2>${title}</h2>
    <ul class="legend">
      ${series.map(({ name, colour, values }) => {
        const last = values.findLast((value) => value !== null);
        return html`<li key=${name}>
          <span class="swatch" style=${{ background: `var(${colour})` }}></span>${name}
          <strong>${last === undefined || last === null ? '–' : say(last)}</strong>
        </li>`;
      })}
    </ul>
    <div class="plot" ref=${box} role="img" aria-label=${`${title}: a chart of ${names} over time`}></div>
  </section>`;
}

function dataOf(times: readonly number[], series: readonly ChartSeries[]): uPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])];
}

function optionsOf(
  element: HTMLElement,
  times: readonly number[],
  series: readonly ChartSeries[],
  say: (value: number) => string,
  isStepped: boolean,
): uPlot.Options {
  const fontSize = Math.round(Number.parseFloat(getComputedStyle(element).fontSize) * 0.8);
  const axis = {
    stroke: colourOf(element, '--muted'),
    grid: { stroke: colourOf(element, '--line'), width: 1 },
    ticks: { show: false },
    font: `${fontSize}px system-ui, sans-serif`,
  };
  const steps = isStepped ? { paths: steppedPaths() } : {};
  return {
    width: widthOf(element),
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(high ?? 0, 1) * 1.1] } },
    axes: [
      {
        ...axis,
        space: 80,
        size: fontSize * 2.5,
        incrs: [...STEPS_S, ...STEPS_DAYS.map((days) => days * DAY_S)],
        values: (_plot, seconds) => seconds.map(momentTexts(times)),
      },
      { ...axis, size: fontSize * 5, values: (_plot, values) => values.map(say) },
    ],
    series: [
      {},
      ...series.map(({ name, colour, isFilled = false }) => ({
        label: name,
        stroke: colourOf(element, colour),
        width: 1.75,
        points: { show: false },
        spanGaps: true,
        ...steps,
        ...(isFilled ? { fill: colourOf(element, colour, 0.16) } : {}),
      })),
    ],
  };
}

/** The time of day in the viewer's zone, or the day where the line goes over several. */
function momentTexts(times: readonly number[]): (seconds: number) => string {
  const format = (times.at(-1) ?? 0) - (times[0] ?? 0) > 2 * DAY_S ? DAY : CLOCK;
  return (seconds) => format.format(seconds * 1_000);
}

function steppedPaths(): uPlot.Series.PathBuilder {
  const make = uPlot.paths.stepped;
  if (make === undefined) throw new Error('uPlot has no stepped lines');
  return make({ align: 1 });
}

function widthOf(element: HTMLElement): number {
  return Math.max(200, Math.floor(element.clientWidth));
}

/** A colour of the style sheet as a canvas takes it: custom properties are resolved by the browser. */
function colourOf(element: HTMLElement, name: string, share = 1): string {
  const probe = document.createElement('span');
  probe.style.color = share === 1 ? `var(${name})` : `color-mix(in srgb, var(${name}) ${share * 100}%, transparent)`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
