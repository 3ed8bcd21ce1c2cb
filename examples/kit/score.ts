import type { Example } from './example.ts';
import type { Findings, ViewRow } from './findings.ts';
import { idOf, kindOf, type LabelledEvent } from './labelled-event.ts';

/** How a rule or a view did on the attacks of one kind. */
export type KindScore = {
  readonly kind: string;
  readonly detected: readonly string[];
  readonly missed: readonly string[];
};

/** How a rule or a view did against the truth. */
export type Score = {
  /** Reason code of the rule, or `view <name>`. */
  readonly finder: string;
  readonly kinds: readonly KindScore[];
  /** Honest events that it flagged, or rows of it that hold no event of an attack. */
  readonly wronglyFlagged: readonly string[];
};

type Found = { readonly campaigns: ReadonlySet<string>; readonly wrong: readonly string[] };

/** Every campaign of some events, in the order of their names. */
function campaignsOf(events: readonly LabelledEvent[]): readonly string[] {
  const campaigns = new Set(events.flatMap(({ label }) => label.campaign ?? []));
  return [...campaigns].sort();
}

function scoreOf(finder: string, { campaigns, wrong }: Found, all: readonly string[], kinds: readonly string[]): Score {
  const scores = kinds.map((kind) => {
    const own = all.filter((campaign) => kindOf(campaign) === kind);
    const detected = own.filter((campaign) => campaigns.has(campaign));
    return { kind, detected, missed: own.filter((campaign) => !campaigns.has(campaign)) };
  });
  return { finder, kinds: scores, wronglyFlagged: wrong };
}

function foundByRule(ids: readonly string[], events: readonly LabelledEvent[]): Found {
  const byId = new Map(events.map((item) => [idOf(item.event), item]));
  const labels = ids.map((id) => ({ id, campaign: byId.get(id)?.label.campaign ?? null }));
  return {
    campaigns: new Set(labels.flatMap(({ campaign }) => campaign ?? [])),
    wrong: labels.flatMap(({ id, campaign }) => (campaign === null ? [id] : [])),
  };
}

/** Whether an event belongs to the group and the window of a row; columns of the group are named as fields are. */
function isInRow({ event }: LabelledEvent, row: ViewRow): boolean {
  const atMs = Date.parse(event.occurredAt);
  const { window_start: start, window_end: end } = row;
  if (typeof start === 'string' && atMs < Date.parse(start)) return false;
  if (typeof end === 'string' && atMs > Date.parse(end)) return false;
  return Object.entries(event).every(([field, value]) => row[field] === undefined || row[field] === value);
}

function foundByView(rows: readonly ViewRow[], events: readonly LabelledEvent[]): Found {
  const campaigns = new Set<string>();
  const wrong: string[] = [];
  for (const row of rows) {
    const inside = campaignsOf(events.filter((item) => isInRow(item, row)));
    if (inside.length === 0) wrong.push(JSON.stringify(row));
    for (const campaign of inside) campaigns.add(campaign);
  }
  return { campaigns, wrong };
}

/** Compares findings with the truth: a line for each rule and view of the example. */
export function scoresOf(example: Example, findings: Findings, events: readonly LabelledEvent[]): readonly Score[] {
  const all = campaignsOf(events);
  return Object.entries(example.aims).map(([finder, kinds]) => {
    const view = finder.startsWith('view ') ? finder.slice(5) : null;
    const found =
      view === null
        ? foundByRule(findings.flagged[finder] ?? [], events)
        : foundByView(findings.rows[view] ?? [], events);
    return scoreOf(finder, found, all, kinds);
  });
}
