import { OUTCOMES } from '../../domain/decision.ts';
import { countText, millisecondsText, moneyText, percentText } from '../number-words.ts';
import { type Column, formatTable } from '../table.ts';
import type { GroupCount, LabelledReport, Quality, TrafficReport } from './tally.ts';

const GROUP_COLUMNS: readonly Column[] = [
  { title: '', align: 'left' },
  { title: 'transactions', align: 'right' },
  ...OUTCOMES.map((outcome) => ({ title: outcome, align: 'right' as const })),
  { title: 'stopped', align: 'right' },
];

function groupRow(name: string, group: GroupCount): string[] {
  return [
    name,
    countText(group.transactions),
    ...OUTCOMES.map((outcome) => countText(group.outcomes[outcome])),
    percentText(group.stopped, group.transactions),
  ];
}

/** Sums by currency as text, joined by a plus where there is more than one. */
export function sumsText(valueMinor: Readonly<Record<string, number>>): string {
  const sums = Object.entries(valueMinor).map(([currency, amountMinor]) => moneyText(amountMinor, currency));
  return sums.length === 0 ? 'nothing' : sums.join(' + ');
}

function qualityText(name: string, quality: Quality): string {
  const percent = (share: number | null): string => (share === null ? '-' : `${(100 * share).toFixed(1)}%`);
  return `  ${name}: precision ${percent(quality.precision)}, recall ${percent(quality.recall)}\n`;
}

function labelledText(labelled: LabelledReport): string {
  const { fraud, legitimate, fraudGroups } = labelled;
  const groups = Object.entries(fraudGroups);
  const rows = [
    groupRow('legitimate', legitimate),
    groupRow('fraud', fraud),
    ...(groups.length > 1 ? groups.map(([name, group]) => groupRow(`  ${name}`, group)) : []),
  ];
  return [
    'By label (stopped: every outcome but approve)\n',
    formatTable(GROUP_COLUMNS, rows),
    '\n',
    qualityText('stopped ', labelled.stopped),
    qualityText('declined', labelled.declined),
    `  fraud stopped: ${sumsText(fraud.stoppedValueMinor)} of ${sumsText(fraud.valueMinor)}\n`,
    `  wrongly stopped: ${sumsText(legitimate.stoppedValueMinor)} of ${sumsText(legitimate.valueMinor)}\n`,
    '\n',
  ].join('');
}

/** One line with the latencies of the requests. */
export function latencyText({ latencyMs }: TrafficReport): string {
  const { p50, p95, p99, max } = latencyMs;
  const parts = Object.entries({ p50, p95, p99, max }).map(([name, ms]) => `${name} ${millisecondsText(ms)}`);
  return parts.join(', ');
}

/** The summary that `palisade replay` prints. */
export function replaySummary(report: TrafficReport, durationS: number, retries: number): string {
  const events = report.transactions + report.sideEvents + report.refused;
  const outcomes = OUTCOMES.map((outcome) => `${outcome} ${countText(report.outcomes[outcome])}`).join(', ');
  const { degraded, fallback } = report.modes;
  const notes = [
    degraded > 0 ? `${countText(degraded)} degraded` : '',
    fallback > 0 ? `${countText(fallback)} by the fallback policy: a longer --deadline-ms avoids it` : '',
    retries > 0 ? `${countText(retries)} requests sent again` : '',
  ].filter((note) => note !== '');
  return [
    `${countText(events)} events in ${durationS.toFixed(1)} s: ${countText(events / durationS)}/s\n`,
    `  transactions ${countText(report.transactions)}, other events ${countText(report.sideEvents)}, `,
    `refused ${countText(report.refused)}\n`,
    `  outcomes: ${outcomes}\n`,
    ...notes.map((note) => `  note: ${note}\n`),
    '\n',
    report.labelled === null ? '' : labelledText(report.labelled),
    `Latency of an authorization: ${latencyText(report)}\n`,
    `Ruleset: ${report.rulesetVersions.join(', ') || 'none'}\n`,
    `Decision hash: ${report.decisionHash}\n`,
  ].join('');
}
