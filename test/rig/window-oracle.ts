import type { Decision } from '../../src/domain/decision.ts';
import type { EntityKind } from '../../src/domain/entities.ts';
import type { DistinctField } from '../../src/domain/event-view.ts';
import type { Login, Transaction } from '../../src/domain/events.ts';
import type { FeatureSpec, WindowSpec } from '../../src/domain/features.ts';
import { EXACT_EVENTS_MAX, PANES_PER_WINDOW } from '../../src/domain/limits.ts';

/** An event that was acknowledged; a login has no decision. */
export type Settled = { readonly event: Transaction | Login; readonly decision: Decision | null };

const ENTITY_FIELD = {
  card: 'cardId',
  account: 'accountId',
  device: 'deviceId',
  merchant: 'merchantId',
  ip: 'ip',
} as const satisfies Record<EntityKind, keyof Transaction>;

/** Id of an event's entity of a kind; empty where it names none. */
export function entityIdOf(event: Transaction | Login, kind: EntityKind): string {
  const ids: Partial<Record<string, unknown>> = event;
  return String(ids[ENTITY_FIELD[kind]] ?? '');
}

/** Whether the oracle knows what a feature means without the rule language or the history of places. */
export function isCheckable(spec: FeatureSpec): boolean {
  return spec.where === null && spec.window !== null && spec.on !== 'signal';
}

/**
 * The values that a windowed feature may have by its definition: every event of the entity is looked at. All windows
 * end at the newest event of the entity, whatever it is and whatever they count. There is one value, but for an entity
 * with more events than are kept one by one: its window may reach back by up to a pane more, so there is one for each
 * place in that pane where it may begin. Amounts are EUR cents.
 */
export function expectedValues(spec: FeatureSpec, settled: readonly Settled[]): number[] {
  const now = Math.max(...settled.map(atMsOf));
  const selected = settled.filter((one) => isSelected(spec, one));
  const times = selected.map(atMsOf);
  const windowed = (beginMs: number): number => {
    return aggregate(
      spec,
      selected.filter((one) => atMsOf(one) > beginMs).map(({ event }) => event),
    );
  };
  const begin = beginOf(spec.window, times, now);
  const begins = new Set([begin]);
  if (spec.window?.kind === 'sliding' && settled.length > EXACT_EVENTS_MAX) {
    const paneMs = Math.ceil(spec.window.sizeMs / PANES_PER_WINDOW);
    for (const atMs of times) if (atMs > begin - paneMs && atMs <= begin) begins.add(atMs - 1);
  }
  return [...begins].map(windowed);
}

function atMsOf({ event }: Settled): number {
  return Date.parse(event.occurredAt);
}

function isSelected(spec: FeatureSpec, { event, decision }: Settled): boolean {
  if ((event.type === 'login' ? 'login' : 'transaction') !== spec.on) return false;
  return spec.outcome === 'all' || decision?.outcome === (spec.outcome === 'approved' ? 'approve' : 'decline');
}

/** The last time that is before a window, as docs/rulesets.md defines it. */
function beginOf(window: WindowSpec | null, times: readonly number[], now: number): number {
  switch (window?.kind) {
    case 'sliding':
      return now - window.sizeMs;
    case 'tumbling':
      return Math.floor(now / window.sizeMs) * window.sizeMs - 1;
    case 'hopping': {
      let startMs = Math.floor(now / window.everyMs) * window.everyMs;
      while (startMs - window.everyMs + window.sizeMs > now) startMs -= window.everyMs;
      return startMs - 1;
    }
    case 'session': {
      let firstMs = Number.POSITIVE_INFINITY;
      let nextMs = now;
      for (const atMs of times.toSorted((left, right) => right - left)) {
        if (nextMs - atMs > window.gapMs) break;
        firstMs = atMs;
        nextMs = atMs;
      }
      return firstMs - 1;
    }
    default:
      return Number.NEGATIVE_INFINITY;
  }
}

function aggregate({ aggregate }: FeatureSpec, inside: readonly (Transaction | Login)[]): number {
  const amounts = inside.map((event) => (event.type === 'login' ? 0 : event.amountMinor / 100));
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  const mean = amounts.length === 0 ? 0 : sum / amounts.length;
  switch (aggregate.function) {
    case 'count':
      return inside.length;
    case 'sum':
      return sum;
    case 'mean':
      return mean;
    case 'max':
      return amounts.length === 0 ? 0 : Math.max(...amounts);
    case 'stddev': {
      const squares = amounts.reduce((total, amount) => total + (amount - mean) ** 2, 0);
      return amounts.length === 0 ? 0 : Math.sqrt(squares / amounts.length);
    }
    case 'distinct':
      return new Set(inside.map((event) => textOf(event, aggregate.field)).filter((text) => text !== '')).size;
    default:
      throw new Error(`The oracle has no definition of ${aggregate.function}`);
  }
}

function textOf(event: Transaction | Login, field: DistinctField): string {
  const texts: Partial<Record<string, unknown>> = event;
  return String(texts[field] ?? '');
}
