import { CAMPAIGN_KINDS, type CampaignKind } from '../../simulator/simulation-event.ts';
import { countText, percentText } from '../number-words.ts';
import { type Column, formatTable } from '../table.ts';
import { latencyText, sumsText } from '../traffic/report-text.ts';
import type { GroupCount, LabelledReport, TrafficReport } from '../traffic/tally.ts';
import { reasonWords } from './decision-words.ts';

/** Name of each attack, and what the attacker does. */
export const CAMPAIGN_WORDS: Readonly<Record<CampaignKind, { readonly name: string; readonly does: string }>> = {
  'card-testing': { name: 'Card testing', does: 'do these stolen cards work?' },
  'account-takeover': { name: 'Account takeover', does: 'guess the password, then spend' },
  'impossible-travel': { name: 'Impossible travel', does: 'copies of one card far apart' },
  'device-farm': { name: 'Device farm', does: 'one phone, many accounts' },
  'bin-attack': { name: 'BIN attack', does: 'guess card numbers in sequence' },
  'scattered-payments': { name: 'Scattered payments', does: '23 small ones in 4 countries' },
};

const COLUMNS: readonly Column[] = [
  { title: 'Attack', align: 'left' },
  { title: 'payments', align: 'right' },
  { title: 'stopped', align: 'right' },
  { title: 'missed', align: 'right' },
  { title: 'caught', align: 'right' },
  { title: 'value stopped', align: 'right' },
];

function attackRow(name: string, group: GroupCount): string[] {
  return [
    name,
    countText(group.transactions),
    countText(group.stopped),
    countText(group.transactions - group.stopped),
    percentText(group.stopped, group.transactions),
    sumsText(group.stoppedValueMinor),
  ];
}

function attackTable({ fraud, fraudGroups }: LabelledReport): string {
  const rows = CAMPAIGN_KINDS.flatMap((kind) => {
    const group = fraudGroups[kind];
    return group === undefined ? [] : [attackRow(`${CAMPAIGN_WORDS[kind].name}: ${CAMPAIGN_WORDS[kind].does}`, group)];
  });
  return formatTable(COLUMNS, [...rows, attackRow('All attacks', fraud)]);
}

function sumOf(valueMinor: Readonly<Record<string, number>>): number {
  return Object.values(valueMinor).reduce((sum, amount) => sum + amount, 0);
}

const CAUSES_SHOWN = 3;

function causesText(causes: ReadonlyMap<string, number>): string {
  const sorted = [...causes].sort(([, left], [, right]) => right - left).slice(0, CAUSES_SHOWN);
  if (sorted.length === 0) return '';
  const parts = sorted.map(([code, count]) => `${reasonWords(code).toLowerCase()} (${countText(count)})`);
  return `    mostly for: ${parts.join(', ')}\n`;
}

function honestText({ legitimate }: LabelledReport, causes: ReadonlyMap<string, number>): string {
  const { transactions, stopped, outcomes, stoppedValueMinor, valueMinor } = legitimate;
  const { challenge, review, decline } = outcomes;
  return [
    `  Honest payments: ${countText(transactions)}, of which ${countText(transactions - stopped)} passed at once `,
    `(${percentText(transactions - stopped, transactions)}).\n`,
    `  Wrongly stopped: ${countText(stopped)} (${percentText(stopped, transactions)}): `,
    `${countText(challenge)} asked for another proof, ${countText(review)} held for review, `,
    `${countText(decline)} declined.\n`,
    causesText(causes),
    `    worth ${sumsText(stoppedValueMinor)} (${percentText(sumOf(stoppedValueMinor), sumOf(valueMinor))})\n`,
  ].join('');
}

/**
 * What the demo shows at its end: caught, missed and wrongly stopped, the money in it, and the speed. `causes` counts
 * the strongest reason codes of what was wrongly stopped.
 */
export function scorecardText(report: TrafficReport, ratePerS: number, causes: ReadonlyMap<string, number>): string {
  const { labelled } = report;
  if (labelled === null) return '';
  const { fraud } = labelled;
  return [
    '  Stopped means declined, held for review, or asked for another proof.\n\n',
    attackTable(labelled),
    '\n',
    honestText(labelled, causes),
    `  Money: ${sumsText(fraud.stoppedValueMinor)} of ${sumsText(fraud.valueMinor)} of fraud stopped `,
    `(${percentText(sumOf(fraud.stoppedValueMinor), sumOf(fraud.valueMinor))}).\n`,
    `  Speed: ${latencyText(report)} for an answer,\n`,
    `  at ${countText(ratePerS)} events a second; each decision was on disk before it was answered.\n`,
  ].join('');
}
