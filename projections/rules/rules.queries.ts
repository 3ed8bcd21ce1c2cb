import { amountAt, numberAt, textAt } from '../../src/domain/stored-values.ts';
import type { RuleReport } from '../../src/ports/console.ts';
import type { ProjectionReader } from '../../src/ports/projection-reader.ts';

/** Statistics of the rules of one version of the ruleset, or of all. */
export function readRuleReport(reader: ProjectionReader, rulesetVersion: string | null): RuleReport {
  const where = rulesetVersion === null ? '' : ' WHERE ruleset_version = ?';
  const values = rulesetVersion === null ? [] : [rulesetVersion];
  const rules = reader.all(`SELECT * FROM ${reader.table('rules')}${where} ORDER BY hits DESC, rule_id`, values);
  const overlaps = reader.all(
    `SELECT * FROM ${reader.table('overlaps')}${where} ORDER BY both DESC, left_rule, right_rule`,
    values,
  );
  return {
    position: reader.position,
    rules: rules.map((row) => {
      const fraud = numberAt(row, 'fraud_labels');
      const legitimate = numberAt(row, 'legitimate_labels');
      return {
        rulesetVersion: textAt(row, 'ruleset_version'),
        ruleId: textAt(row, 'rule_id'),
        hits: numberAt(row, 'hits'),
        shadowHits: numberAt(row, 'shadow_hits'),
        failures: numberAt(row, 'failures'),
        amountStopped: amountAt(row, 'amount_stopped'),
        fraudLabels: fraud,
        legitimateLabels: legitimate,
        precision: fraud + legitimate === 0 ? null : fraud / (fraud + legitimate),
        shadowDisagreements: numberAt(row, 'shadow_disagreements'),
        soleHits: numberAt(row, 'sole_hits'),
      };
    }),
    overlaps: overlaps.map((row) => ({
      rulesetVersion: textAt(row, 'ruleset_version'),
      leftRule: textAt(row, 'left_rule'),
      rightRule: textAt(row, 'right_rule'),
      both: numberAt(row, 'both'),
    })),
  };
}
