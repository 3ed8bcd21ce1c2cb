import { hash53 } from '../../domain/hash.ts';
import { currencyExponent } from '../../domain/money.ts';
import type { TableSpec } from '../../domain/tables.ts';
import type { ViewSpec } from '../../domain/views.ts';
import type { Projection } from '../../ports/projection.ts';
import { type CurrencyTable, outputSchema, tablesOfView, type ViewSources } from '../../rules/mod.ts';
import { compileView } from '../../views/mod.ts';
import type { AlertRules } from './alert-rules.ts';
import { TablesOfView } from './tables-of-view.ts';
import { writeColumns } from './view-progress.ts';
import { ViewSession } from './view-session.ts';
import { viewTables } from './view-tables.ts';

/** Changes whenever the same view over the same log would come to other rows. */
const MEANING_VERSION = 3;

/** The views that a view is made from, the one that reads a stream first, itself last. */
export function chainOf(spec: ViewSpec, views: ReadonlyMap<string, ViewSpec>): readonly ViewSpec[] {
  const chain: ViewSpec[] = [];
  for (let next: ViewSpec | undefined = spec; next !== undefined; ) {
    chain.unshift(next);
    next = 'view' in next.from ? views.get(next.from.view) : undefined;
  }
  return chain;
}

function versionOf(chain: readonly ViewSpec[], currency: CurrencyTable, tables: readonly TableSpec[]): string {
  const meaning = chain.map(({ description: _, ...spec }) => spec);
  const rates = Object.entries(currency.rates).sort(([left], [right]) => (left < right ? -1 : 1));
  const text = JSON.stringify([MEANING_VERSION, meaning, currency.base, rates, tables]);
  return [1, 2].map((salt) => hash53(`${salt}${text}`).toString(16).padStart(14, '0')).join('');
}

/**
 * A declared view as a projection. A view on a view works out its source itself, in tables of its own: every view has
 * one version and one checkpoint, and none waits for another. `rules` may be exchanged while it runs.
 */
export function viewProjection(
  spec: ViewSpec,
  sources: ViewSources,
  currency: CurrencyTable,
  rules: () => AlertRules,
): Projection {
  const chain = chainOf(spec, sources.views);
  const output = outputSchema(spec, sources) ?? {};
  const read = new Set(chain.flatMap((each) => tablesOfView(each, sources.tables)));
  return {
    name: spec.name,
    version: versionOf(chain, currency, [...read]),
    tables: viewTables(output),
    open: (tables) => {
      writeColumns(tables, output);
      const rows = new TablesOfView([...read], tables);
      const decimals = currencyExponent(currency.base) ?? 2;
      const compiled = chain.map((each) => compileView(each, sources, rows, decimals));
      return new ViewSession(compiled, currency, tables, rows, rules);
    },
  };
}
