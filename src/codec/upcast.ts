import type { FactType } from '../domain/records.ts';

/** A record body as parsed, without its `v`. */
export type RecordMembers = Readonly<Record<string, unknown>>;

/** Turns the members of one version of a record into those of the next. Pure; throws on what that version never had. */
export type Upcaster = (members: RecordMembers) => RecordMembers;

/**
 * How to bring each record up to date: the n-th upcaster turns version n into version n + 1, so a type without any is
 * at version 1. An upcaster is never changed once released, for what it reads is stored for good.
 */
export const UPCASTERS: Readonly<Record<FactType, readonly Upcaster[]>> = {
  TransactionDecided: [],
  DecisionSuperseded: [],
  ApprovalUnheard: [],
  SideEventRecorded: [],
  TableRowRecorded: [],
  ListEntrySet: [],
  ListEntryRemoved: [],
  SuppressionSet: [],
  SuppressionRemoved: [],
  RulesetPublished: [],
  CaseChanged: [],
  DraftChanged: [],
  SagaAdvanced: [],
  MetricRecorded: [],
  AlertRaised: [],
  ResultCorrected: [],
  EventDiverted: [],
};

/** Version that the given upcasters lead to. */
export function currentVersionOf(upcasters: readonly Upcaster[]): number {
  return upcasters.length + 1;
}

/** Members at the current version. `version` is from 1 to `currentVersionOf(upcasters)`. O(versions between). */
export function upcast(members: RecordMembers, version: number, upcasters: readonly Upcaster[]): RecordMembers {
  return upcasters.slice(version - 1).reduce((older, upcaster) => upcaster(older), members);
}
