import type { Assessment, EvidenceValue, Reason, RuleFailure } from '../domain/decision.ts';
import type { EventView } from '../domain/event-view.ts';
import { LIST_NAMES, type ListKind, type ListName } from '../domain/lists.ts';
import type { CompiledRule, CompiledRules } from './compiled-rules.ts';
import type { ListIndex } from './list-index.ts';
import { foldFindings } from './policy.ts';
import type { RuleContext } from './rule-context.ts';
import type { Policy } from './ruleset.ts';

/** The answer where nothing was found; shared, so that an ordinary event allocates none. */
const NOTHING_FOUND: Assessment = Object.freeze({
  outcome: 'approve',
  score: 0,
  mode: 'full',
  reasons: Object.freeze([]),
  shadow: Object.freeze([]),
  failures: Object.freeze([]),
  responses: Object.freeze([]),
});

const LIST_VALUES: Readonly<Record<ListKind, { readonly field: string; readonly read: (event: EventView) => string }>> =
  {
    card: { field: 'event.cardId', read: (event) => event.cardId },
    account: { field: 'event.accountId', read: (event) => event.accountId },
    device: { field: 'event.deviceId', read: (event) => event.deviceId },
    ip: { field: 'event.ip', read: (event) => event.ip },
    cidr: { field: 'event.ip', read: (event) => event.ip },
    merchant: { field: 'event.merchantId', read: (event) => event.merchantId },
    bin: { field: 'event.bin', read: (event) => event.bin },
    country: { field: 'event.country', read: (event) => (event.country === '' ? event.ipCountry : event.country) },
    bin_merchant: { field: 'event.bin', read: (event) => event.bin },
  };

/** Gathers what the rules find while they are evaluated. */
class FindingsBuilder {
  readonly hits: Reason[] = [];
  readonly shadow: Reason[] = [];
  readonly failures: RuleFailure[] = [];
  readonly responses: string[] = [];
  isDegraded = false;

  addHit(compiled: CompiledRule, context: RuleContext): void {
    const { rule } = compiled;
    const evidence: Record<string, EvidenceValue> = {};
    for (const { name, read } of compiled.evidence) {
      const value = read(context);
      if (value !== undefined) evidence[name] = value;
    }
    const outcome = rule.outcome === 'alert' ? 'approve' : rule.outcome;
    const reason: Reason = { code: rule.reason, ruleId: rule.id, outcome, score: rule.score, evidence };
    if (rule.state === 'shadow' || isSuppressed(compiled, context)) {
      this.shadow.push(reason);
      return;
    }
    this.hits.push(reason);
    for (const name of rule.respond) if (!this.responses.includes(name)) this.responses.push(name);
  }

  addFailure(compiled: CompiledRule, context: RuleContext, message: string): void {
    const { rule } = compiled;
    const acts = rule.state === 'active' && rule.outcome !== 'alert' && !isSuppressed(compiled, context);
    this.failures.push({ ruleId: rule.id, message, resolvedAs: acts ? rule.onError : 'approve' });
    this.isDegraded ||= rule.state === 'active';
  }

  addInputFailures(failures: readonly RuleFailure[]): void {
    if (failures.length === 0) return;
    this.failures.push(...failures);
    this.isDegraded = true;
  }
}

function isSuppressed(compiled: CompiledRule, context: RuleContext): boolean {
  return context.suppressions.isSuppressed(compiled.rule.id, context.event, context.nowMs);
}

function listReasons(policy: Policy, context: RuleContext): Reason[] {
  const { event, listHits } = context;
  const shape = {
    block: { outcome: 'decline', score: 100 },
    allow: { outcome: 'approve', score: 0 },
    watch: { outcome: 'approve', score: policy.watchScore },
  } as const;
  return LIST_NAMES.flatMap((list) =>
    listHits.kindsOf(list).map((kind): Reason => {
      const { field, read } = LIST_VALUES[kind];
      const code = `LIST_${list.toUpperCase()}_${kind.toUpperCase()}`;
      return { code, ruleId: `list-${list}-${kind}`, ...shape[list], evidence: { [field]: read(event) } };
    }),
  );
}

/** Overwrites the context's list hits with those of its event, in the ruleset's own lists and in further ones. */
export function matchLists(compiled: CompiledRules, lists: ListIndex, context: RuleContext): void {
  context.listHits.clear();
  compiled.lists.match(context.event, context.nowMs, context.listHits);
  lists.match(context.event, context.nowMs, context.listHits);
}

/**
 * Evaluates every rule for the event's source and folds the hits by the policy. Pure and synchronous: the same context
 * gives the same assessment. A rule that throws or is not a bool is a failure, resolved by its `on_error`. The hits of
 * shadow rules and of suppressed ones go to `shadow` and act on nothing. Lists act on transactions only. O(rules).
 */
export function assess(compiled: CompiledRules, context: RuleContext): Assessment {
  const scope = compiled.scopeOf(context);
  const { source } = context.event;
  let found: FindingsBuilder | null = null;
  for (const rule of compiled.bySource[source]) {
    if (rule.mayHit !== null && !rule.mayHit(context)) continue;
    const verdict = rule.judge(scope);
    if (verdict === 'miss') continue;
    found ??= new FindingsBuilder();
    if (verdict === 'hit') found.addHit(rule, context);
    else found.addFailure(rule, context, verdict.failure);
  }
  const isListed = source === 'transaction' && !context.listHits.isEmpty;
  if (found === null && !isListed && context.inputFailures.length === 0) return NOTHING_FOUND;
  found ??= new FindingsBuilder();
  found.addInputFailures(context.inputFailures);
  return fold(compiled.ruleset.policy, found, context, isListed);
}

function fold(policy: Policy, found: FindingsBuilder, context: RuleContext, isListed: boolean): Assessment {
  const { shadow, failures, responses, isDegraded } = found;
  if (context.event.source !== 'transaction') {
    const mode = isDegraded ? 'degraded' : 'full';
    const score = Math.min(
      100,
      found.hits.reduce((sum, hit) => sum + hit.score, 0),
    );
    return { outcome: 'approve', score, mode, reasons: found.hits, shadow, failures, responses };
  }
  return foldFindings(policy, {
    hits: isListed ? [...listReasons(policy, context), ...found.hits] : found.hits,
    shadow,
    failures,
    responses,
    isDegraded,
    isBlocked: isOn('block', context),
    isAllowed: isOn('allow', context) && !context.hasHardStatus(),
  });
}

function isOn(list: ListName, context: RuleContext): boolean {
  return context.listHits[list] !== 0;
}
