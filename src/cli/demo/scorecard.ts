import { CAMPAIGN_KINDS, type CampaignKind } from '../../simulator/simulation-event.ts';
import { countText, percentText } from '../number-words.ts';
import { type Column, formatTable } from '../table.ts';
import { latencyText, sumsText } from '../traffic/report-text.ts';
import type { GroupCount, LabelledReport, TrafficReport } from '../traffic/tally.ts';

const CAMPAIGN_WORDS: Readonly<Record<CampaignKind, string>> = {
  'card-testing': 'Card testing: do these stolen cards work?',
  'account-takeover': 'Account takeover: guess the password, then spend',
  'impossible-travel': 'Impossible travel: copies of one card far apart',
  'device-farm': 'Device farm: one phone, many accounts',
  'bin-attack': 'BIN attack: guess card numbers in sequence',
  'scattered-payments': 'Scattered: 23 small payments in 4 countries',
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
    return group === undefined ? [] : [attackRow(CAMPAIGN_WORDS[kind], group)];
  });
  return formatTable(COLUMNS, [...rows, attackRow('All attacks', fraud)]);
}

function sumOf(valueMinor: Readonly<Record<string, number>>): number {
  return Object.values(valueMinor).reduce((sum, amount) => sum + amount, 0);
}

function honestText({ legitimate }: LabelledReport): string {
  const { transactions, stopped, outcomes, stoppedValueMinor, valueMinor } = legitimate;
  const { challenge, review, decline } = outcomes;
  return [
    `  Honest payments: ${countText(transactions)}, of which ${countText(transactions - stopped)} passed at once `,
    `(${percentText(transactions - stopped, transactions)}).\n`,
    `  Wrongly stopped: ${countText(stopped)} (${percentText(stopped, transactions)}): `,
    `${countText(challenge)} asked for another proof, ${countText(review)} held for review, `,
    `${countText(decline)} declined; worth ${sumsText(stoppedValueMinor)} `,
    `(${percentText(sumOf(stoppedValueMinor), sumOf(valueMinor))}).\n`,
  ].join('');
}

/** What the demo shows at its end: caught, missed and wrongly stopped, the money in it, and the speed. */
export function scorecardText(report: TrafficReport, ratePerS: number): string {
  const { labelled } = report;
  if (labelled === null) return '';
  const { fraud } = labelled;
  return [
    '  Stopped means declined, held for review, or asked for another proof.\n\n',
    attackTable(labelled),
    '\n',
    honestText(labelled),
    `  Money: ${sumsText(fraud.stoppedValueMinor)} of ${sumsText(fraud.valueMinor)} of fraud stopped `,
    `(${percentText(sumOf(fraud.stoppedValueMinor), sumOf(fraud.valueMinor))}).\n`,
    `  Speed: ${latencyText(report)} for an answer,\n`,
    `  at ${countText(ratePerS)} events a second; each decision was on disk before it was answered.\n`,
  ].join('');
}
