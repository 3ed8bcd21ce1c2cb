import { PalisadeError } from '../../domain/errors.ts';
import type { RowSchema, ViewSpec } from '../../domain/views.ts';
import type { Projection } from '../../ports/projection.ts';
import { outputSchema, parseRuleset, viewsByName } from '../../rules/mod.ts';
import type { PublishedRuleset } from '../projection-runner.ts';
import { type AlertRules, compileAlertRules } from './alert-rules.ts';
import { lateFeaturesProjection } from './late-features.ts';
import { viewProjection } from './view-projection.ts';

/** A view of the ruleset in force, with what its rows have. */
export type DeclaredView = { readonly spec: ViewSpec; readonly columns: RowSchema; readonly version: string };

/** Makes projections of the views of a ruleset; views that stay as they are keep running under the new rules. */
export class RulesetProjections {
  readonly #rules = new Map<string, AlertRules>();
  readonly #views = new Map<string, DeclaredView>();

  /** A view by its name; null where the ruleset in force has none. */
  view(name: string): DeclaredView | null {
    return this.#views.get(name) ?? null;
  }

  /** The projections of a ruleset. Throws RECORD_UNREADABLE where this program does not understand it. */
  of(published: PublishedRuleset | null): readonly Projection[] {
    this.#rules.clear();
    this.#views.clear();
    if (published === null) return [];
    const parsed = parseRuleset(published.text);
    if (!parsed.ok) {
      const [first] = parsed.problems;
      throw new PalisadeError(
        'RECORD_UNREADABLE',
        `Cannot run the views as the ruleset of position ${published.position} is not valid any more: ` +
          `${first?.field} ${first?.message} Publish one that is.`,
      );
    }
    const { views, viewRules, featureTimes, currency, tables } = parsed.ruleset;
    const sources = { views: viewsByName(views), tables };
    for (const spec of views) {
      const schema = outputSchema(spec, sources) ?? {};
      this.#rules.set(
        spec.name,
        compileAlertRules(viewRules, spec.name, schema, published.version, published.position),
      );
    }
    const projections = views.map((spec) => {
      const projection = viewProjection(spec, sources, currency, () => this.#rulesOn(spec.name));
      this.#views.set(spec.name, { spec, columns: outputSchema(spec, sources) ?? {}, version: projection.version });
      return projection;
    });
    return featureTimes === null ? projections : [...projections, lateFeaturesProjection()];
  }

  #rulesOn(name: string): AlertRules {
    return this.#rules.get(name) ?? { rules: [], rulesetVersion: '', afterPosition: Number.MAX_SAFE_INTEGER };
  }
}
