import { epochMsOf } from '../../codec/mod.ts';
import type { Fact } from '../../domain/records.ts';
import { ListIndex, type Ruleset, SuppressionIndex } from '../../rules/mod.ts';
import { AsOfTable, rowValues } from '../../tables/mod.ts';

/** Lists, suppressions and tables of a ruleset, made of their facts in the order of the log. */
export class PastReferences {
  readonly lists = new ListIndex();
  readonly suppressions = new SuppressionIndex();
  /** In the order of the ruleset. */
  readonly tables: readonly AsOfTable[];
  readonly #byName: ReadonlyMap<string, AsOfTable>;

  constructor(ruleset: Ruleset) {
    this.tables = ruleset.tables.map((spec) => new AsOfTable(spec));
    this.#byName = new Map(this.tables.map((table) => [table.spec.name, table]));
  }

  /** Takes a fact in; one that is not about them changes nothing. */
  take(fact: Fact): void {
    switch (fact.type) {
      case 'ListEntrySet':
        this.lists.set(fact.entry);
        return;
      case 'ListEntryRemoved':
        this.lists.remove(fact.list, fact.kind, fact.value);
        return;
      case 'SuppressionSet':
        this.suppressions.set(fact.suppression);
        return;
      case 'SuppressionRemoved':
        this.suppressions.remove(fact.ruleId, fact.kind, fact.id);
        return;
      case 'TableRowRecorded': {
        const table = this.#byName.get(fact.row.table);
        if (table === undefined) return;
        const { key, occurredAt, columns } = fact.row;
        const values = columns === undefined ? null : rowValues(table.spec, columns);
        table.apply(key, { atMs: epochMsOf(occurredAt), revision: table.revision + 1, values });
        return;
      }
      default:
        return;
    }
  }
}
