import type { Decision, EvidenceValue, Outcome, Reason } from '../../domain/decision.ts';
import { moneyText } from '../number-words.ts';
import type { EventRecord, TrafficItem } from '../traffic/traffic-item.ts';

const EVIDENCE_SHOWN_MAX = 4;
const LINE_COLUMNS = 112;
const REASONS_SHOWN_MAX = 3;

const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  approve: 'APPROVED',
  challenge: 'CHALLENGED (asked for another proof)',
  review: 'HELD FOR REVIEW',
  decline: 'DECLINED',
};

const CHANNEL_WORDS: Readonly<Record<string, string>> = {
  card_present: 'at a till',
  contactless: 'contactless at a till',
  ecommerce: 'in a web shop',
  mail_order: 'by mail order',
  atm: 'at a cash machine',
  transfer: 'as a transfer',
};

const UNIT_WORDS: Readonly<Record<string, string>> = { s: 'seconds', m: 'minutes', h: 'hours', d: 'days' };

const NAMES: readonly (readonly [RegExp, string])[] = [
  [/\bthree d ?secure\b|\bthree ds\b/g, '3-D Secure'],
  [/\b(avs|bin|cvv|ip|mcc)\b/g, ''],
];

/** Words of a name in camel or snake case, acronyms in capitals. */
function words(name: string): string {
  const plain = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
  return NAMES.reduce(
    (text, [pattern, label]) => text.replace(pattern, (found) => label || found.toUpperCase()),
    plain,
  );
}

/** A reason code as people read it: `AMOUNT_SPIKE` reads "Amount spike". */
export function reasonWords(code: string): string {
  const text = words(code);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Breaks a text into lines, each after the first one indented. */
function wrap(text: string, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length >= LINE_COLUMNS - indent.length) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join(`\n${indent}`);
}

function windowWords(size: string, unit: string): string {
  const name = UNIT_WORDS[unit] ?? unit;
  return size === '1' ? `1 ${name.slice(0, -1)}` : `${size} ${name}`;
}

/** Name of a feature or a field in plain words: `card.count_1h` reads "card: count in 1 hour". */
export function featureWords(name: string): string {
  const [kind = '', ...rest] = name.split('.');
  const parts = /^(.*?)_(\d+)([smhd])$/.exec(rest.join(' '));
  const text =
    parts === null
      ? words(rest.join(' ')).replace(/ kmh$/, ' in km/h').replace(/ km$/, ' in km').replace(/ s$/, ' in seconds')
      : `${words(parts[1] ?? '')} in ${windowWords(parts[2] ?? '', parts[3] ?? '')}`;
  return kind === 'event' ? text : `${kind} ${text}`;
}

function valueWords(value: EvidenceValue): string {
  return typeof value === 'number' ? value.toLocaleString('en-US', { maximumFractionDigits: 1 }) : String(value);
}

function reasonLine(reason: Reason, descriptions: ReadonlyMap<string, string>): string {
  const what = descriptions.get(reason.ruleId) ?? `rule ${reason.ruleId} matched`;
  const evidence = Object.entries(reason.evidence)
    .slice(0, EVIDENCE_SHOWN_MAX)
    .map(([name, value]) => `${featureWords(name)} = ${valueWords(value)}`);
  const indent = '       ';
  const seen = evidence.length === 0 ? '' : `\n${indent}${wrap(`seen: ${evidence.join('; ')}`, `${indent}      `)}`;
  return `     - ${wrap(`${reasonWords(reason.code)}: ${what}`, indent)}${seen}\n`;
}

function placeWords(event: EventRecord): string {
  const channel = CHANNEL_WORDS[String(event.channel)] ?? '';
  return typeof event.country === 'string' ? `${channel}, ${event.country}` : channel;
}

/** Reasons by weight, heaviest first, one for each code. */
export function strongestReasons(decision: Decision): readonly Reason[] {
  const sorted = [...decision.reasons].sort((left, right) => right.score - left.score);
  return sorted.filter(({ code }, index) => sorted.findIndex((reason) => reason.code === code) === index);
}

/**
 * One decision told to a person: what was asked, what was answered, why, and what the rules had seen. `what` is its
 * headline.
 */
export function explainDecision(
  item: TrafficItem,
  decision: Decision,
  descriptions: ReadonlyMap<string, string>,
  what: string,
): string {
  const strongest = strongestReasons(decision);
  return [
    `   ${what}: ${OUTCOME_WORDS[decision.outcome]}, score ${decision.score} of 100\n`,
    `     ${moneyText(item.amountMinor, item.currency)} ${placeWords(item.event)}, ${item.event.occurredAt}, `,
    `transaction ${decision.transactionId}\n`,
    ...strongest.slice(0, REASONS_SHOWN_MAX).map((reason) => reasonLine(reason, descriptions)),
  ].join('');
}
