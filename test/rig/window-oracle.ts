import type { Decision } from '../../src/domain/decision.ts';
import type { EntityKind } from '../../src/domain/entities.ts';
import type { DistinctField } from '../../src/domain/event-view.ts';
import type { Transaction } from '../../src/domain/events.ts';
import type { FeatureSpec } from '../../src/domain/features.ts';
import { EXACT_EVENTS_MAX, PANES_PER_WINDOW } from '../../src/domain/limits.ts';

export type Settled = { readonly transaction: Transaction; readonly decision: Decision };

const ENTITY_FIELD = {
  card: 'cardId',
  account: 'accountId',
  device: 'deviceId',
  merchant: 'merchantId',
  ip: 'ip',
} as const satisfies Record<EntityKind, keyof Transaction>;

/** Id of a transaction's entity of a kind. */
export function entityIdOf(transaction: Transaction, kind: EntityKind): string {
  return transaction[ENTITY_FIELD[kind]] ?? '';
}

/** Whether the oracle knows what a feature means without the rule language or the history of places. */
export function isCheckable(spec: FeatureSpec): boolean {
  return spec.where === null && spec.window !== null && spec.on === 'transaction';
}

/**
 * The values that a windowed feature may have by its definition: every event of the entity is looked at. There is one,
 * but for an entity with more events than are kept one by one: its window may reach back by up to a pane more, so there
 * is one for each place in that pane where it may begin. Amounts are EUR cents.
 */
export function expectedValues(spec: FeatureSpec, settled: readonly Settled[]): number[] {
  const times = settled.map(({ transaction }) => Date.parse(transaction.occurredAt));
  const now = Math.max(...times);
  const sizeMs = spec.window?.kind === 'sliding' ? spec.window.sizeMs : 0;
  const paneMs = settled.length > EXACT_EVENTS_MAX ? Math.ceil(sizeMs / PANES_PER_WINDOW) : 0;
  const begins = new Set([now - sizeMs]);
  for (const atMs of times) if (atMs > now - sizeMs - paneMs && atMs <= now - sizeMs) begins.add(atMs - 1);
  return [...begins].map((beginMs) => {
    const inside = settled.filter(({ decision }, index) => {
      const atMs = times[index] ?? 0;
      const counts =
        spec.outcome === 'all' || decision.outcome === (spec.outcome === 'approved' ? 'approve' : 'decline');
      return counts && atMs > beginMs && atMs <= now;
    });
    return aggregate(
      spec,
      inside.map(({ transaction }) => transaction),
    );
  });
}

function aggregate({ aggregate }: FeatureSpec, inside: readonly Transaction[]): number {
  const amounts = inside.map(({ amountMinor }) => amountMinor / 100);
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
      return new Set(inside.map((transaction) => textOf(transaction, aggregate.field)).filter((text) => text !== ''))
        .size;
    default:
      throw new Error(`The oracle has no definition of ${aggregate.function}`);
  }
}

function textOf(transaction: Transaction, field: DistinctField): string {
  return transaction[field] ?? '';
}
