import type { Assessment, Decision, EvidenceValue, Reason, RuleFailure } from '../domain/decision.ts';
import { PalisadeError } from '../domain/errors.ts';

/** JSON of a finite number; -0 becomes 0. Throws ENGINE_INTERNAL where it is not finite: JSON has no text for it. */
function numberText(value: number): string {
  if (Number.isFinite(value)) return `${value}`;
  throw new PalisadeError('ENGINE_INTERNAL', `Cannot write a decision as a number in it is not finite: ${value}.`);
}

/** Names of an object in the order of their UTF-16 code units, so that the bytes do not hang on how it was built. */
function sortedNames(record: Readonly<Record<string, unknown>>): string[] {
  const names = Object.keys(record);
  for (let index = 1; index < names.length; index++) {
    if ((names[index] ?? '') < (names[index - 1] ?? '')) return names.sort();
  }
  return names;
}

function evidenceText(evidence: Readonly<Record<string, EvidenceValue>>): string {
  let text = '';
  for (const name of sortedNames(evidence)) {
    const value = evidence[name];
    // A number that is not there reads as NaN inside the engine: what is absent inside stays absent outside.
    if (value === undefined || Number.isNaN(value)) continue;
    const shown = value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY ? `${value}` : value;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${JSON.stringify(shown)}`;
  }
  return `{${text}}`;
}

function reasonText(reason: Reason): string {
  return (
    `{"code":${JSON.stringify(reason.code)},"ruleId":${JSON.stringify(reason.ruleId)},"outcome":"${reason.outcome}",` +
    `"score":${numberText(reason.score)},"evidence":${evidenceText(reason.evidence)}}`
  );
}

function failureText(failure: RuleFailure): string {
  return (
    `{"ruleId":${JSON.stringify(failure.ruleId)},"message":${JSON.stringify(failure.message)},` +
    `"resolvedAs":"${failure.resolvedAs}"}`
  );
}

function listText<Item>(items: readonly Item[], textOf: (item: Item) => string): string {
  if (items.length === 0) return '[]';
  let text = '';
  for (const item of items) text += `${text === '' ? '[' : ','}${textOf(item)}`;
  return `${text}]`;
}

function revisionsText(revisions: Readonly<Record<string, number>>): string {
  let text = '';
  for (const name of sortedNames(revisions)) {
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${numberText(revisions[name] ?? Number.NaN)}`;
  }
  return `{${text}}`;
}

function findingsText(assessment: Omit<Assessment, 'outcome' | 'score' | 'mode'>): string {
  return (
    `"reasons":${listText(assessment.reasons, reasonText)},"shadow":${listText(assessment.shadow, reasonText)},` +
    `"failures":${listText(assessment.failures, failureText)},` +
    `"responses":${listText(assessment.responses, (name) => JSON.stringify(name))}`
  );
}

/** JSON text of an assessment, as `encodeDecision` writes the members that it has in common. */
export function encodeAssessment(assessment: Assessment): string {
  const { outcome, score, mode } = assessment;
  return `{"outcome":"${outcome}","score":${numberText(score)},"mode":"${mode}",${findingsText(assessment)}}`;
}

/**
 * JSON text of a decision: members in one fixed order, names of evidence and revisions sorted, so that equal decisions
 * are equal bytes. Evidence that is NaN (absent inside the engine) is left out; an infinite one is written as a text.
 * Throws ENGINE_INTERNAL where a score or a revision is not finite. O(size).
 */
export function encodeDecision(decision: Decision): string {
  return encodePlainDecision(decision) ?? encodeAnyDecision(decision);
}

/** Whether the revisions can be written as they are: names in order, numbers finite. */
function arePlain(revisions: Readonly<Record<string, number>>): boolean {
  let before = '';
  for (const name in revisions) {
    if (name < before || !Number.isFinite(revisions[name])) return false;
    before = name;
  }
  return true;
}

/** The ordinary decision, which found nothing, as one flat text; null for any other. Pieces cost a third more. */
function encodePlainDecision(decision: Decision): string | null {
  const { transactionId, outcome, score, mode, responseCode, reasons, shadow, failures, responses } = decision;
  const { rulesetVersion, revisions, decidedAt } = decision;
  if (reasons.length + shadow.length + failures.length > 0) return null;
  if (!Number.isFinite(score) || !arePlain(revisions)) return null;
  return JSON.stringify({
    transactionId,
    outcome,
    score,
    mode,
    responseCode,
    reasons,
    shadow,
    failures,
    responses,
    rulesetVersion,
    revisions,
    decidedAt,
  });
}

function encodeAnyDecision(decision: Decision): string {
  return (
    `{"transactionId":${JSON.stringify(decision.transactionId)},"outcome":"${decision.outcome}",` +
    `"score":${numberText(decision.score)},"mode":"${decision.mode}",` +
    `"responseCode":${JSON.stringify(decision.responseCode)},${findingsText(decision)},` +
    `"rulesetVersion":${JSON.stringify(decision.rulesetVersion)},"revisions":${revisionsText(decision.revisions)},` +
    `"decidedAt":${JSON.stringify(decision.decidedAt)}}`
  );
}
