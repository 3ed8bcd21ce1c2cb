import { alertsProjection } from '../../../projections/alerts/alerts.projection.ts';
import { decisionsProjection } from '../../../projections/decisions/decisions.projection.ts';
import { entitiesProjection } from '../../../projections/entities/entities.projection.ts';
import { linksProjection } from '../../../projections/links/links.projection.ts';
import { rulesProjection } from '../../../projections/rules/rules.projection.ts';
import { timelinesProjection } from '../../../projections/timelines/timelines.projection.ts';
import { trafficProjection } from '../../../projections/traffic/traffic.projection.ts';
import type { BaseCurrency } from '../../domain/base-amount.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { CurrencyOf } from '../../ports/currency.ts';
import type { Projection } from '../../ports/projection.ts';
import { parseRuleset } from '../../rules/mod.ts';

const currencyOf: CurrencyOf = (text): BaseCurrency => {
  const parsed = parseRuleset(text);
  if (parsed.ok) return parsed.ruleset.currency;
  throw new PalisadeError(
    'RECORD_UNREADABLE',
    `Cannot read the currencies of a published ruleset as it is not valid any more: ` +
      `${parsed.problems[0]?.message ?? 'it has problems'} Publish one that is.`,
  );
};

/** The projections that analysts read, whatever the ruleset. Their names have a dot, which no view's name has. */
export const CONSOLE_PROJECTIONS: readonly Projection[] = [
  decisionsProjection(currencyOf),
  alertsProjection(currencyOf),
  entitiesProjection(currencyOf),
  linksProjection(),
  timelinesProjection(),
  trafficProjection(currencyOf),
  rulesProjection(currencyOf),
];
