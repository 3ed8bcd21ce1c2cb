import { decodeFact, parseInstant } from '../../codec/mod.ts';
import type { Assessment, Decision } from '../../domain/decision.ts';
import { PalisadeError } from '../../domain/errors.ts';
import { factsAt } from '../../domain/stated-facts.ts';
import type { ComparedFeature, Explanation, PastActor } from '../../ports/laboratory.ts';
import { readFeatures } from '../../windows/mod.ts';
import type { ActorSlot } from '../actor-slot.ts';
import { liveOf } from '../actor-slot.ts';
import { transactionRecordId } from '../authorize-work.ts';
import type { ActorDefinitions, Program } from '../program.ts';
import { supersedeRecordId } from '../supersede-work.ts';
import { findCounterfactuals } from './counterfactuals.ts';
import { type LogReads, PastWorld, publishedText } from './past-world.ts';

/**
 * Explains a decision: rebuilds the actors, lists and tables as they were, runs the ruleset that decided over them once
 * more, and compares. Null where there is no such decision. O(records of its actors before it).
 */
export async function explainDecision(
  log: LogReads,
  definitions: ActorDefinitions,
  transactionId: string,
): Promise<Explanation | null> {
  const record = await log.readRecord(transactionRecordId(transactionId));
  if (record === null) return null;
  const fact = decodeFact(record.type, record.body);
  if (fact.type !== 'TransactionDecided') {
    throw new PalisadeError('RECORD_UNREADABLE', `Cannot explain a ${fact.type} as it holds no decision. Report this.`);
  }
  const { transaction, features } = fact;
  const decision = (await answeredInstead(log, transactionId)) ?? fact.decision;
  const { position } = record;
  const { rulesetVersion } = fact.decision;
  const text = await publishedText(log, rulesetVersion, position);
  if (text === null) {
    const reason = `its ruleset was never published: ${rulesetVersion}`;
    throw new PalisadeError(
      'RECORD_UNREADABLE',
      `Cannot rebuild the decision as ${reason}. Run "palisade log verify".`,
    );
  }
  const world = await PastWorld.open(log, definitions, text, position);
  await world.prepare(transaction);
  const { assessment } = world.assess(transaction);
  const rules = world.program.examine();
  const rebuilt = [...world.program.features];
  const atMs = parseInstant(transaction.occurredAt).ms;
  const actors = world.slotsOf(transaction).map((slot) => actorOf(world.program, slot, atMs));
  const difference = differenceOf(decision, fact.decision, assessment);
  const differingFeatures = comparedFeatures(world.program, features, rebuilt);
  return {
    position,
    transaction,
    decision,
    isReproduced: difference === '',
    difference,
    rebuilt: shortOf(assessment),
    rules,
    actors,
    differingFeatures,
    counterfactuals: await findCounterfactuals(world, transaction, assessment.outcome),
  };
}

/** What the caller was told in place of the decision that the log had taken; null where that was told. */
async function answeredInstead(log: LogReads, transactionId: string): Promise<Decision | null> {
  const record = await log.readRecord(supersedeRecordId(transactionId));
  if (record === null) return null;
  const fact = decodeFact(record.type, record.body);
  return fact.type === 'DecisionSuperseded' ? fact.decision : null;
}

function shortOf({ outcome, score, reasons }: Assessment): Explanation['rebuilt'] {
  return { outcome, score, reasons: reasons.map(({ code }) => code) };
}

function differenceOf(answered: Decision, recorded: Decision, assessment: Assessment): string {
  if (answered.mode === 'fallback') return 'the fallback policy answered past the deadline, and looked at no actor';
  if (recorded.outcome !== assessment.outcome) return `the outcome is rebuilt as ${assessment.outcome}`;
  if (recorded.score !== assessment.score) return `the score is rebuilt as ${assessment.score}`;
  const [before, after] = [recorded.reasons, assessment.reasons].map((all) =>
    all.map(({ ruleId }) => ruleId).join(' '),
  );
  return before === after ? '' : `the rules that hit are rebuilt as ${after === '' ? 'none' : after}`;
}

function actorOf(program: Program, slot: ActorSlot, atMs: number): PastActor {
  const { state } = liveOf(slot).snapshot;
  const { plan } = program.kinds[slot.kind];
  const values = new Float64Array(plan.featureNames.length);
  readFeatures(plan, state.windows, values);
  const windows: Record<string, number> = {};
  for (const [index, name] of plan.featureNames.entries()) {
    const value = values[index] ?? 0;
    if (Number.isFinite(value)) windows[name] = value;
  }
  const { status, fraudLabels, stated } = state.profile;
  const { homeCountry, attributes } = factsAt(stated, atMs);
  const { kind, id, revision } = slot;
  return { kind, id, revision, status, homeCountry, fraudLabels, attributes, windows };
}

function comparedFeatures(
  program: Program,
  recorded: readonly number[],
  rebuilt: readonly number[],
): readonly ComparedFeature[] {
  return program.ruleset.features.flatMap(({ by, name }, index) => {
    const [one, other] = [recorded[index] ?? Number.NaN, rebuilt[index] ?? Number.NaN];
    if (Object.is(one, other) || one === other) return [];
    const shown = (value: number): number | null => (Number.isFinite(value) ? value : null);
    return [{ feature: `${by}.${name}`, recorded: shown(one), rebuilt: shown(other) }];
  });
}
