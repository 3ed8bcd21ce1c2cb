import type { BacktestGroup, BacktestResult } from '../../src/domain/backtest-result.ts';
import type {
  DraftBacktest,
  DraftDetail,
  DraftRow,
  DraftShadow,
  DraftStep,
  Publication,
  RulesetShelfAnswer,
} from '../../src/ports/ruleset-lab.ts';
import { callJson, withQuery } from './api-call.ts';
import type { RulesetReport } from './endpoints.ts';

export type {
  BacktestGroup,
  BacktestResult,
  DraftBacktest,
  DraftDetail,
  DraftRow,
  DraftShadow,
  DraftStep,
  Publication,
  RulesetShelfAnswer,
};

const YAML_TYPE = 'application/yaml';

/** Drafts, what was in force when, and who asks. */
export function listRulesets(signal?: AbortSignal): Promise<RulesetShelfAnswer> {
  return callJson('/v1/rulesets', signal === undefined ? {} : { signal });
}

/** A draft with what was done with it. 404 where there is none. */
export function readDraft(id: string, signal?: AbortSignal): Promise<DraftDetail> {
  return callJson(pathOf(id), signal === undefined ? {} : { signal });
}

/** The text that a version was published as. */
export async function readVersionText(version: string, signal?: AbortSignal): Promise<string> {
  const { text } = await callJson<{ readonly text: string }>(pathOf(version), signal === undefined ? {} : { signal });
  return text;
}

/** Makes a draft, or gives it another text; refused where it was changed after `basedOn`. */
export function saveDraft(id: string, text: string, basedOn: string): Promise<DraftDetail> {
  return callJson(withQuery(pathOf(id), { basedOn }), { method: 'PUT', body: text, type: YAML_TYPE });
}

/** Deletes a draft. */
export function deleteDraft(id: string): Promise<object> {
  return callJson(pathOf(id), { method: 'DELETE' });
}

/** Begins or ends a trial of a draft. */
export function tryDraft(id: string, trial: 'backtest' | 'shadow', method: 'POST' | 'DELETE'): Promise<DraftDetail> {
  return callJson(`${pathOf(id)}/${trial}`, { method });
}

/** Approves a draft. */
export function approveDraft(id: string, note: string): Promise<DraftDetail> {
  return callJson(withQuery(`${pathOf(id)}/approve`, { note }), { method: 'POST' });
}

/** Puts a draft, or an earlier version, into force. */
export function putIntoForce(id: string, how: 'publish' | 'rollback', note: string): Promise<RulesetReport> {
  return callJson(withQuery(`${pathOf(id)}/${how}`, { note }), { method: 'POST' });
}

function pathOf(id: string): string {
  return `/v1/rulesets/${encodeURIComponent(id)}`;
}
