import { formatTable } from '../../src/cli/table.ts';
import type { Example } from './example.ts';
import type { Findings } from './findings.ts';
import type { LabelledEvent } from './labelled-event.ts';
import type { Score } from './score.ts';

const NAMES_SHOWN = 3;
const COLUMNS = [
  { title: 'rule or view', align: 'left' },
  { title: 'attack', align: 'left' },
  { title: 'detected', align: 'right' },
  { title: 'missed', align: 'left' },
] as const;

function some(names: readonly string[]): string {
  const rest = names.length - NAMES_SHOWN;
  return [...names.slice(0, NAMES_SHOWN), ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

/** What was detected, missed and wrongly flagged, for people. */
export function reportText(
  example: Example,
  events: readonly LabelledEvent[],
  findings: Findings,
  scores: readonly Score[],
): string {
  const rows = scores.flatMap(({ finder, kinds }) =>
    kinds.map(({ kind, detected, missed }, index) => [
      index === 0 ? finder : '',
      kind,
      `${detected.length} of ${detected.length + missed.length}`,
      some(missed),
    ]),
  );
  const wrong = scores.map(({ finder, wronglyFlagged }) => {
    const which = wronglyFlagged.length === 0 ? '' : `: ${some(wronglyFlagged)}`;
    return `  ${finder}: ${wronglyFlagged.length}${which}\n`;
  });
  const flaggedCount = Object.values(findings.flagged).reduce((sum, ids) => sum + ids.length, 0);
  const honest = new Set(events.filter(({ label }) => !label.fraud)).size;
  return [
    `${example.title}\n\n`,
    `${findings.arrivals} events arrived, ${findings.repeats} of them a second time, ${honest} of them honest.\n`,
    flaggedCount === 0 ? '\n' : `${flaggedCount} were flagged by a rule as they came.\n\n`,
    formatTable(COLUMNS, rows),
    '\nWrongly flagged\n',
    ...wrong,
  ].join('');
}
