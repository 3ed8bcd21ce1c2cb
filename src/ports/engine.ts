import type { Mode, Outcome } from '../domain/decision.ts';
import type { PublicationOrigin } from '../domain/draft-facts.ts';
import type { ActorKind, EntityKind, Position, Revision } from '../domain/entities.ts';
import type { EventSource, SideEvent, Transaction } from '../domain/events.ts';
import type { ListEntry, ListKind, ListName, Suppression } from '../domain/lists.ts';
import type { ColumnType, ColumnValue } from '../domain/tables.ts';
import type { LatePolicy } from '../domain/views.ts';

/** A transaction to decide about. `text` is the JSON that it was parsed from, kept as it came. */
export type AuthorizeCommand = {
  readonly transaction: Transaction;
  readonly text: string;
  /** Monotonic time at which the request was received, and how long after it an answer is still of use. */
  readonly receivedAtMs: number;
  readonly deadlineMs: number;
};

/** What the caller gets: `body` is the JSON text of the decision, the same bytes for every retry. */
export type AuthorizeAnswer = {
  readonly body: string;
  readonly outcome: Outcome;
  readonly mode: Mode;
  /** True when an earlier call with this id had been answered already, or was under way. */
  readonly repeated: boolean;
};

export type SideEventReceipt = {
  readonly eventId: string;
  /** True when the event had been recorded before. */
  readonly repeated: boolean;
  /** Reason codes of the rules for this source that matched. */
  readonly alerts: readonly string[];
};

/** One entity as it stands: its status, what is stated about it, and every feature of the ruleset. */
export type EntityReport = {
  readonly kind: ActorKind;
  readonly id: string;
  readonly status: string;
  readonly revision: Revision;
  /** Event time that the windows stand at, RFC 3339 UTC. */
  readonly asOf: string;
  readonly firstSeenAt: string;
  /** Stated country of the entity, '' where none was. */
  readonly homeCountry: string;
  /** Labels of fraud or chargeback on the entity's transactions. */
  readonly fraudLabels: number;
  readonly windows: Readonly<Record<string, number>>;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly resident: boolean;
};

export type RulesetReport = {
  readonly version: string;
  readonly name: string;
  readonly publishedAt: string;
  readonly rules: readonly {
    readonly id: string;
    readonly on: string;
    readonly state: string;
    readonly outcome: string;
    readonly reason: string;
  }[];
  readonly featureCount: number;
  readonly text: string;
};

/** A table of the ruleset in force. */
export type TableReport = {
  readonly name: string;
  readonly description: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** How far back from its newest row it can be read, ms. */
  readonly keepMs: number;
  /** Keys that have a row as of its newest time, and versions of rows in memory. */
  readonly rowCount: number;
  readonly versionCount: number;
  /** Revision of the newest row in its changelog, -1 before the first. */
  readonly revision: Revision;
  /** Event time of the newest row, RFC 3339 UTC; '' before the first. */
  readonly newestAt: string;
};

/** A row as of an event time, and since when it is so. */
export type TableRowReport = {
  readonly table: string;
  readonly key: string;
  readonly asOf: string;
  readonly since: string;
  readonly revision: Revision;
  readonly columns: Readonly<Record<string, ColumnValue>>;
};

/** One row of a table's changelog; null for columns is a removal. */
export type TableChange = {
  readonly revision: Revision;
  readonly eventId: string;
  readonly key: string;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly columns: Readonly<Record<string, ColumnValue>> | null;
};

/** Where a ruleset text is wrong: line and column from 1, and the path of the field. */
export type RulesetProblem = {
  readonly line: number;
  readonly column: number;
  readonly field: string;
  readonly message: string;
};

/** What came of late events where approvals are evaluated anew. */
export type LateReviewReport = {
  /** Late events. */
  readonly reviewed: number;
  /** Approvals that stand; that could not be told of the late event alone, and stand; and that do not stand. */
  readonly kept: number;
  readonly unclear: number;
  readonly revised: number;
  /** Late events of which it cannot be told what they change. */
  readonly failed: number;
  /** Records of the log that were not looked at yet. */
  readonly lagRecords: number;
};

/** Gauges and counters of the engine, read by the metrics page and by admission. */
export type EngineStatistics = {
  /** By kind; those that are no entities are left out where there are none. */
  readonly residentActors: Readonly<Record<EntityKind, number> & Partial<Record<ActorKind, number>>>;
  readonly rehydrations: number;
  readonly passivations: number;
  readonly rehydrationsActive: number;
  /** Commands without an answer, how many there may be, and how long there were too many, ms in all. */
  readonly commands: number;
  readonly commandsMax: number;
  readonly commandsBlockedMs: number;
  readonly waitingCommands: number;
  readonly pendingCommits: number;
  /** Age of the oldest command that has no answer yet, ms; 0 where none waits. */
  readonly oldestPendingMs: number;
  readonly decisions: number;
  readonly repeats: number;
  readonly conflictRetries: number;
  readonly ruleFailures: number;
  readonly fallbacks: number;
  /** Events that were older than one that an entity of theirs had seen. */
  readonly lateEvents: number;
  /** Events beyond the lateness of the ruleset's features, by what became of them. */
  readonly lateByPolicy: Readonly<Record<LatePolicy, number>>;
  readonly lateReviews: LateReviewReport;
  /** How far features think to have seen each stream, ms; nothing where the ruleset takes every event in. */
  readonly watermarksMs: Readonly<Partial<Record<EventSource, number>>>;
  readonly headPosition: Position;
};

export type Readiness = { readonly ready: boolean; readonly reasons: readonly string[] };

/** What the doors (HTTP, Kafka, CLI) call. Methods reject with a `PalisadeError`. */
export interface Engine {
  authorize(command: AuthorizeCommand): Promise<AuthorizeAnswer>;
  record(event: SideEvent): Promise<SideEventReceipt>;
  /** Records that the approval of a transaction reached nobody. Once a transaction, taken during a shutdown too. */
  recordUnheard(transaction: Transaction): Promise<void>;
  /** JSON text of the decision, or null where the id is unknown. */
  findDecision(transactionId: string): Promise<string | null>;
  readEntity(kind: ActorKind, id: string): Promise<EntityReport | null>;
  lists(): readonly ListEntry[];
  setListEntry(entry: ListEntry): Promise<void>;
  /** False where there was no such entry. */
  removeListEntry(list: ListName, kind: ListKind, value: string): Promise<boolean>;
  suppressions(): readonly Suppression[];
  setSuppression(suppression: Suppression): Promise<void>;
  /** False where there was no such suppression. The rule may be gone from the ruleset. */
  removeSuppression(ruleId: string, kind: EntityKind, id: string, by?: string): Promise<boolean>;
  tables(): readonly TableReport[];
  /** The row of a key as of an event time, ms; null where there was none, or the ruleset has no such table. */
  readTableRow(table: string, key: string, atMs: number): TableRowReport | null;
  /** Up to `maxCount` rows after a revision, oldest first; null where the ruleset has no such table. */
  readTableChanges(table: string, afterRevision: Revision, maxCount: number): Promise<readonly TableChange[] | null>;
  ruleset(): RulesetReport;
  /** Problems of a ruleset text; none when it could be published. */
  validateRuleset(text: string): readonly RulesetProblem[];
  /**
   * Installs a ruleset for the events that come after. Where it is not valid: RULESET_INVALID, and nothing changes. A
   * file that says what it said last changes nothing either.
   */
  publishRuleset(text: string, origin?: PublicationOrigin): Promise<RulesetReport>;
  readiness(): Readiness;
  statistics(): EngineStatistics;
  /** Takes no new commands, answers those under way, and resolves when all are durable. */
  drain(): Promise<void>;
}
