import { alertsProjection } from '../../../projections/alerts/alerts.projection.ts';
import { casesProjection } from '../../../projections/cases/cases.projection.ts';
import { decisionsProjection } from '../../../projections/decisions/decisions.projection.ts';
import { entitiesProjection } from '../../../projections/entities/entities.projection.ts';
import { rulesProjection } from '../../../projections/rules/rules.projection.ts';
import { timelinesProjection } from '../../../projections/timelines/timelines.projection.ts';
import { trafficProjection } from '../../../projections/traffic/traffic.projection.ts';
import type { CurrencyOf } from '../../ports/currency.ts';
import type { Projection } from '../../ports/projection.ts';
import { parseRuleset } from '../../rules/mod.ts';

/** A ruleset that this program does not understand any more states no rates: amounts decided under it are null. */
function statedCurrency(text: string): ReturnType<CurrencyOf> {
  const parsed = parseRuleset(text);
  return parsed.ok ? parsed.ruleset.currency : { base: '', rates: {} };
}

/** Remembers the last text: the projections ask one after the other for the same, and reading it takes long. */
function rememberingLast(read: CurrencyOf): CurrencyOf {
  let last: { readonly text: string; readonly currency: ReturnType<CurrencyOf> } | null = null;
  return (text) => {
    if (last?.text !== text) last = { text, currency: read(text) };
    return last.currency;
  };
}

const currencyOf = rememberingLast(statedCurrency);

/** The projections that analysts read, whatever the ruleset. Their names have a dot, which no view's name has. */
export const CONSOLE_PROJECTIONS: readonly Projection[] = [
  decisionsProjection(currencyOf),
  alertsProjection(currencyOf),
  entitiesProjection(currencyOf),
  casesProjection(currencyOf),
  timelinesProjection(),
  trafficProjection(currencyOf),
  rulesProjection(currencyOf),
];
