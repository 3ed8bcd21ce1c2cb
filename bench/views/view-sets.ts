const AGGREGATES =
  '{ n: count, total: sum(event.amount), mean: mean(event.amount), shops: distinct(event.merchantId) }';

/** One view of payments by card: its fields but for what it is from, by the name of its figure. */
const KINDS: Readonly<Record<string, string>> = {
  tumbling: 'window: tumbling 1h',
  hopping: 'window: hopping 1h every 1m',
  hopping_final: 'window: hopping 1h every 1m, emit: final',
  sliding: 'window: sliding 1h',
  session: 'window: session 15m',
  unbounded: 'window: unbounded',
  with_table: "window: tumbling 1h, where: 'table.limit[event.merchantId].amount < event.amount'",
};

/** Kinds of view that are measured. */
export const VIEW_KINDS: readonly string[] = [...Object.keys(KINDS), 'on_view'];

const TIME = 'event_time: { out_of_orderness: 5s, lateness: 1m }\n';
const TABLES = 'tables: { limit: { columns: { amount: number } } }\n';

/** The view of a kind, as a ruleset declares it. */
function viewText(kind: string): string {
  if (kind === 'on_view') {
    return (
      `  base: { from: transaction, group_by: cardId, window: tumbling 1m, aggregates: { n: count } }\n` +
      '  on_view: { from: view.base, window: tumbling 1h, ' +
      'aggregates: { cards: distinct(event.cardId), n: sum(event.n) } }\n'
    );
  }
  return `  ${kind}: { from: transaction, group_by: cardId, ${KINDS[kind] ?? ''}, aggregates: ${AGGREGATES} }\n`;
}

/** A small ruleset with the view of a kind. */
export function rulesetOf(kind: string): string {
  const policy =
    'policy: { thresholds: { challenge: 80, review: 90, decline: 100 }, fallback: [{ outcome: review }] }\n';
  const rules = 'rules:\n  - { id: large, when: event.amount > 500, outcome: decline, score: 50, reason: LARGE }\n';
  return `name: views\ncurrency: { base: EUR, rates: {} }\n${TIME}${TABLES}views:\n${viewText(kind)}${rules}${policy}`;
}

const FIVE: readonly string[] = ['tumbling', 'hopping', 'sliding', 'session', 'unbounded'];
/** Five views, which a ruleset that has none takes in at its end. */
export const FIVE_VIEWS: string = ['\n', TIME, 'views:\n', ...FIVE.map(viewText)].join('');
