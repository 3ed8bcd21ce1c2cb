import type { AnyStateMachine } from 'xstate';
import { epochMsOf, PROFILE_VERSION, type RateOf, viewOfTransaction } from '../codec/mod.ts';
import type { Assessment, Decision, RuleFailure } from '../domain/decision.ts';
import { type ActorKind, ENTITY_KINDS, type EntityKind, perActorKind } from '../domain/entities.ts';
import type { EventView } from '../domain/event-view.ts';
import type { Transaction } from '../domain/events.ts';
import { hash53 } from '../domain/hash.ts';
import { currencyExponent } from '../domain/money.ts';
import { factsAt } from '../domain/stated-facts.ts';
import type { TableRows } from '../domain/tables.ts';
import type { LatePolicy } from '../domain/views.ts';
import type { ActorDefinition } from '../ports/actor.ts';
import type { RulesetReport } from '../ports/engine.ts';
import {
  assess,
  type CompiledRules,
  compileRules,
  compileWhere,
  type ExaminedRule,
  examineRules,
  fallbackDecision,
  type ListIndex,
  matchLists,
  type RuleContext,
  type Ruleset,
  responseCodeOf,
  type SuppressionIndex,
  unknownCurrencyFailure,
} from '../rules/mod.ts';
import { compileWindowPlan, readFeatures } from '../windows/mod.ts';
import { type ActorSlot, liveOf } from './actor-slot.ts';
import { createEntityLogic, type EntityKindLogic, type EntityLogic, observe } from './entity-logic.ts';
import { type ExtraKey, extraKeysOf } from './event-keys.ts';
import { FieldHashes } from './field-hashes.ts';
import { LateDraft } from './late-draft.ts';
import type { LateGate } from './late-gate.ts';
import { type Lifecycle, tabulateLifecycle } from './lifecycle.ts';
import { Observer } from './observer.ts';

/** What each kind of actor is; `key` is for bins, countries and pairs. */
export type ActorDefinitions = Readonly<Record<EntityKind | 'key', ActorDefinition<AnyStateMachine>>>;

/** One kind of actor under one ruleset. */
export type KindProgram = EntityKindLogic & {
  readonly kind: ActorKind;
  readonly logic: EntityLogic;
  /** What a snapshot's bytes mean; a snapshot of another schema is not read. */
  readonly schema: string;
  readonly observer: Observer;
};

const NO_FAILURES: readonly RuleFailure[] = [];

/** A ruleset with everything compiled that an event needs. Its scratch space is overwritten by each event. */
export class Program {
  readonly ruleset: Ruleset;
  readonly kinds: Readonly<Record<ActorKind, KindProgram>>;
  /** What features are kept by beyond the kinds of entity: an event gets an actor for each. */
  readonly extraKeys: readonly ExtraKey[];
  /** Events that were older than one that an entity had seen before. */
  lateEvents = 0;
  /** Events beyond the lateness of features, by what became of them. */
  lateByPolicy: Record<LatePolicy, number> = { drop: 0, correct: 0, side_output: 0 };
  /** Null where features take every event in, however late it comes. */
  readonly lateGate: LateGate | null;
  /** Feature filters that could not be evaluated. */
  filterFailures = 0;
  readonly #rules: CompiledRules;
  readonly #clearable: readonly ActorKind[];
  readonly #context: RuleContext;
  readonly #lists: ListIndex;
  readonly #rateOf: RateOf;
  readonly #baseExponent: number;
  readonly #currencySchema: string;
  readonly #hashes = new FieldHashes();

  /** `tables` are the rows of the ruleset's tables, in its order; `lateGate` is of its times for features. */
  constructor(
    ruleset: Ruleset,
    definitions: ActorDefinitions,
    lists: ListIndex,
    suppressions: SuppressionIndex,
    tables: readonly TableRows[] = [],
    lateGate: LateGate | null = null,
  ) {
    this.ruleset = ruleset;
    this.lateGate = lateGate;
    this.#lists = lists;
    this.#rules = compileRules(ruleset);
    this.#context = this.#rules.createContext(suppressions, tables);
    const { base, rates } = ruleset.currency;
    const known = new Map(Object.entries(rates)).set(base, 1);
    this.#rateOf = (currency) => known.get(currency);
    this.#baseExponent = currencyExponent(base) ?? 2;
    this.#currencySchema = hash53(JSON.stringify([base, Object.entries(rates).sort()])).toString(16);
    this.extraKeys = extraKeysOf(ruleset.kinds);
    this.#clearable = [...ENTITY_KINDS, ...this.extraKeys.map(({ kind }) => kind)];
    const lifecycles = new Map<AnyStateMachine, Lifecycle>();
    this.kinds = perActorKind((kind) => {
      const definition = definitions[ENTITY_KINDS.find((entity) => entity === kind) ?? 'key'];
      const lifecycle = lifecycles.get(definition.machine) ?? tabulateLifecycle(definition.machine);
      lifecycles.set(definition.machine, lifecycle);
      return this.#compileKind(kind, definition, lifecycle);
    });
  }

  /** Values of all features after the last `observe`, in the ruleset's order. */
  get features(): Float64Array {
    return this.#context.features;
  }

  viewOf(transaction: Transaction): EventView {
    return viewOfTransaction(transaction, this.#rateOf, this.#baseExponent);
  }

  /** What becomes of an event that came too late for features; null for one in time. Moves the watermark on. */
  judge(view: EventView, producer: string | undefined, nowIso: () => string): LateDraft | null {
    if (this.lateGate === null) return null;
    const verdict = this.lateGate.judge(view.source, producer ?? '', view.occurredAtMs, epochMsOf(nowIso()));
    return verdict === null ? null : new LateDraft(verdict, this, view.occurredAtMs);
  }

  /**
   * Lets every actor take the event into its windows, and reads what the rules will look at. All slots are live. `late`
   * is what `judge` said of the event. True where an actor had seen a later event and the ruleset has late events
   * correct: approvals that were given without this one are to be evaluated anew.
   */
  observe(view: EventView, slots: readonly ActorSlot[], late: LateDraft | null = null): boolean {
    const context = this.#context;
    for (const kind of this.#clearable) if (context.entities[kind].present) context.entities[kind].clear();
    const isLeftOut = late?.isLeftOut ?? false;
    let isLate = false;
    for (const slot of slots) {
      const { kind } = slot;
      const program = this.kinds[kind];
      const { snapshot } = liveOf(slot);
      if (late !== null) late.note(slot);
      const { observer } = program;
      if (observer.take(view, isLeftOut) && observe(program, snapshot, observer.observation)) isLate = true;
      const { state } = snapshot;
      const entity = context.entities[kind];
      entity.present = true;
      entity.status = state.profile.status;
      entity.known = slot.revision >= 0;
      entity.fraudLabels = state.profile.fraudLabels;
      const facts = factsAt(state.profile.stated, view.occurredAtMs);
      entity.homeCountry = facts.homeCountry;
      entity.attributes = facts.attributes;
      readFeatures(program.plan, state.windows, entity.features);
    }
    if (!isLate) return false;
    this.lateEvents += 1;
    return this.ruleset.revisions !== null && this.ruleset.featureTimes?.[view.source].late === 'correct';
  }

  /** What the rules and the policy make of the event that was observed last. */
  assess(view: EventView): Assessment {
    const context = this.#context;
    context.event = view;
    context.nowMs = view.occurredAtMs;
    const isUnknownCurrency = view.source === 'transaction' && Number.isNaN(view.amount);
    context.inputFailures = isUnknownCurrency ? [unknownCurrencyFailure(this.ruleset, view.currency)] : NO_FAILURES;
    matchLists(this.#rules, this.#lists, context);
    return assess(this.#rules, context);
  }

  /** Every rule for the event that was assessed last, and what it saw. */
  examine(): readonly ExaminedRule[] {
    return examineRules(this.#rules, this.#context);
  }

  /** A decision from an assessment. */
  decide(transactionId: string, assessment: Assessment, revisions: Record<string, number>, nowIso: string): Decision {
    const { outcome, score, mode, reasons, shadow, failures, responses } = assessment;
    if (mode !== 'fallback') this.#addTableRevisions(revisions);
    return {
      transactionId,
      outcome,
      score,
      mode,
      responseCode: responseCodeOf(this.ruleset, outcome, mode),
      reasons,
      shadow,
      failures,
      responses,
      rulesetVersion: this.ruleset.version,
      revisions,
      decidedAt: nowIso,
    };
  }

  /** Which rows of a table a decision could see, beside which of them its event time lets it see. */
  #addTableRevisions(revisions: Record<string, number>): void {
    for (const index of this.#rules.tablesRead) {
      const table = this.#context.tables[index];
      const spec = this.ruleset.tables[index];
      if (table !== undefined && spec !== undefined) revisions[`table.${spec.name}`] = table.revision;
    }
  }

  /** The answer past the deadline: it looks at no actor. */
  fallbackOf(transaction: Transaction, nowIso: string): Decision {
    const { channel, amount } = this.viewOf(transaction);
    const assessment = fallbackDecision(this.ruleset, { channel, amount });
    return this.decide(transaction.transactionId, assessment, {}, nowIso);
  }

  /** Goes on with the counters of the ruleset that was in force before. */
  takeOver(before: Program): void {
    this.lateEvents = before.lateEvents;
    this.lateByPolicy = before.lateByPolicy;
    this.filterFailures = before.filterFailures;
  }

  report(publishedAt: string): RulesetReport {
    const { version, name, text, features, rules, viewRules } = this.ruleset;
    const onViews = viewRules.map((rule) => ({ ...rule, on: `view.${rule.view}`, outcome: 'alert' }));
    return {
      version,
      name,
      publishedAt,
      rules: [...rules, ...onViews].map(({ id, on, state, outcome, reason }) => ({ id, on, state, outcome, reason })),
      featureCount: features.length,
      text,
    };
  }

  #compileKind(kind: ActorKind, definition: ActorDefinition<AnyStateMachine>, lifecycle: Lifecycle): KindProgram {
    const specs = this.ruleset.features.filter((feature) => feature.by === kind);
    const plan = compileWindowPlan(specs, { amountScale: 10 ** -this.#baseExponent });
    const observer = new Observer(plan, this.#hashes, (where) => compileWhere(where, () => this.#countFilterFailure()));
    // What amounts come to hangs on the rates: windows made with others are not to be gone on with.
    const readsAmounts =
      plan.numericFields.length > 0 || plan.selectors.some(({ where }) => where?.includes('amount') ?? false);
    const kindLogic: EntityKindLogic = { definition, lifecycle, plan };
    return {
      ...kindLogic,
      kind,
      logic: createEntityLogic(kindLogic),
      schema: `${PROFILE_VERSION}.${plan.schema}${readsAmounts ? `.${this.#currencySchema}` : ''}`,
      observer,
    };
  }

  #countFilterFailure(): void {
    this.filterFailures += 1;
  }
}
