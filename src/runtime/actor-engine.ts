import type { InspectionEvent } from 'xstate';
import type { PublicationOrigin } from '../domain/draft-facts.ts';
import type { ActorKind, Revision } from '../domain/entities.ts';
import { PalisadeError } from '../domain/errors.ts';
import type { SideEvent, Transaction } from '../domain/events.ts';
import type { ListEntry, ListKind, ListName, Suppression } from '../domain/lists.ts';
import type { TableRows } from '../domain/tables.ts';
import type { CheckpointStore } from '../ports/checkpoint-store.ts';
import type {
  AuthorizeAnswer,
  AuthorizeCommand,
  Engine,
  EngineStatistics,
  EntityReport,
  Readiness,
  RulesetProblem,
  RulesetReport,
  SideEventReceipt,
  TableChange,
  TableReport,
  TableRowReport,
} from '../ports/engine.ts';
import type { StoredRecord } from '../ports/event-log.ts';
import type { Publication } from '../ports/ruleset-lab.ts';
import { ListIndex, parseRuleset, type Ruleset, SuppressionIndex } from '../rules/mod.ts';
import { createActorSystem } from './actor-system.ts';
import { Authorizer } from './authorizer.ts';
import { BlockedTime } from './blocked-time.ts';
import type { EngineParts } from './engine-parts.ts';
import { reportEntity } from './entity-report.ts';
import { Host } from './host.ts';
import { isoClockOf } from './iso-clock.ts';
import { openLateGate } from './late-gate.ts';
import { Program } from './program.ts';
import { Registry } from './registry.ts';
import { createLateReviewer } from './revisions/create-late-reviewer.ts';
import { type LateReviewer, NO_REVIEWS } from './revisions/late-reviewer.ts';
import { recordSideEvent } from './side-events.ts';
import { BY_CALL, rulesetAtStart, rulesetOf } from './starting-ruleset.ts';
import { type OpenTable, TableCatalog } from './table-catalog.ts';
import { Transactor } from './transactor.ts';
import { recordUnheardApproval } from './unheard-approval.ts';

/** The engine over one open log: what the doors call. Made by `createEngine`. */
export class ActorEngine implements Engine {
  readonly #parts: EngineParts;
  readonly #lists: ListIndex;
  readonly #suppressions: SuppressionIndex;
  readonly #tables: TableCatalog;
  readonly #registry: Registry;
  readonly #system = createActorSystem();
  readonly #host: Host;
  readonly #transactor: Transactor;
  readonly #authorizer: Authorizer;
  readonly #sideEvents = new Set<Promise<SideEventReceipt>>();
  readonly #blocked = new BlockedTime();
  readonly #nowIso: () => string;
  #program: Program;
  #publishedAt: string;
  #reviewer: LateReviewer | null = null;
  #failure: Error | null = null;
  #draining = false;
  #publishing: Promise<unknown> = Promise.resolve();

  constructor(
    parts: EngineParts,
    program: Program,
    registry: Registry,
    lists: ListIndex,
    suppressions: SuppressionIndex,
    tables: TableCatalog,
  ) {
    this.#parts = parts;
    this.#tables = tables;
    this.#program = program;
    this.#registry = registry;
    this.#lists = lists;
    this.#suppressions = suppressions;
    this.#publishedAt = registry.published?.recordedAt ?? '';
    const { log, clock, settings } = parts;
    this.#nowIso = isoClockOf(clock);
    this.#host = new Host(log, this.#system, program, settings);
    this.#transactor = new Transactor(log, this.#host, clock);
    this.#authorizer = new Authorizer({
      log,
      clock,
      transactor: this.#transactor,
      program: () => this.#program,
      nowIso: this.#nowIso,
      failed: (error) => this.#fail(error),
      recentMax: settings.recentMax,
    });
    log.shared?.onForeign((records) => this.#takeForeign(records));
    void log.failed.then((error) => this.#fail(error));
  }

  authorize(command: AuthorizeCommand): Promise<AuthorizeAnswer> {
    const refused = this.#refusal();
    return refused === null ? this.#authorizer.authorize(command) : Promise.reject(refused);
  }

  async record(event: SideEvent): Promise<SideEventReceipt> {
    const refused = this.#refusal();
    if (refused !== null) throw refused;
    const receipt = recordSideEvent(event, {
      log: this.#parts.log,
      transactor: this.#transactor,
      tables: this.#tables,
      program: () => this.#program,
      nowIso: this.#nowIso,
    });
    this.#sideEvents.add(receipt);
    try {
      return await receipt;
    } finally {
      this.#sideEvents.delete(receipt);
    }
  }

  recordUnheard(transaction: Transaction): Promise<void> {
    const { log, clock } = this.#parts;
    return recordUnheardApproval(log, clock, transaction, this.#nowIso());
  }

  /** Has late events revise approvals, where the ruleset says so, for as long as the answer is not closed. Once. */
  async reviewLateEvents(checkpoints: CheckpointStore): Promise<LateReviewer> {
    const reviewer = createLateReviewer({
      ...this.#parts,
      checkpoints,
      program: () => this.#program,
      nowIso: this.#nowIso,
      lists: this.#lists,
      suppressions: this.#suppressions,
      tables: this.#tables,
      registry: this.#registry,
      host: this.#host,
      transactor: this.#transactor,
      authorizer: this.#authorizer,
    });
    this.#reviewer = reviewer;
    await reviewer.follow();
    return reviewer;
  }

  findDecision(transactionId: string): Promise<string | null> {
    return this.#authorizer.find(transactionId);
  }

  readEntity(kind: ActorKind, id: string): Promise<EntityReport | null> {
    return reportEntity({ log: this.#parts.log, host: this.#host, program: this.#program, kind, id });
  }

  lists(): readonly ListEntry[] {
    return [...this.#program.ruleset.lists, ...this.#lists.entries()];
  }

  setListEntry(entry: ListEntry): Promise<void> {
    return this.#registry.change({ type: 'ListEntrySet', entry, recordedAt: this.#nowIso() });
  }

  async removeListEntry(list: ListName, kind: ListKind, value: string): Promise<boolean> {
    const known = this.#lists
      .entries()
      .some((entry) => entry.list === list && entry.kind === kind && entry.value === value);
    if (!known) return false;
    const recordedAt = this.#nowIso();
    await this.#registry.change({ type: 'ListEntryRemoved', list, kind, value, recordedAt });
    return true;
  }

  suppressions(): readonly Suppression[] {
    return this.#suppressions.entries();
  }

  setSuppression(suppression: Suppression): Promise<void> {
    const { ruleId } = suppression;
    if (!this.#program.ruleset.rules.some(({ id }) => id === ruleId)) {
      const message = `Cannot suppress a rule as the ruleset in force has none of this id: ${JSON.stringify(ruleId)}.`;
      const fields = [{ field: 'ruleId', message: 'is no rule of the ruleset in force' }];
      return Promise.reject(new PalisadeError('REQUEST_INVALID', message, { fields }));
    }
    return this.#registry.change({ type: 'SuppressionSet', suppression, recordedAt: this.#nowIso() });
  }

  async removeSuppression(ruleId: string, kind: ActorKind, id: string, by = ''): Promise<boolean> {
    const known = this.#suppressions
      .entries()
      .some((entry) => entry.ruleId === ruleId && entry.kind === kind && entry.id === id);
    if (!known) return false;
    const recordedAt = this.#nowIso();
    await this.#registry.change({ type: 'SuppressionRemoved', ruleId, kind, id, by, recordedAt });
    return true;
  }

  tables(): readonly TableReport[] {
    return this.#tables.reports();
  }

  readTableRow(table: string, key: string, atMs: number): TableRowReport | null {
    return this.#tables.readRow(table, key, atMs);
  }

  readTableChanges(table: string, after: Revision, maxCount: number): Promise<readonly TableChange[] | null> {
    return this.#tables.readChanges(table, after, maxCount);
  }

  ruleset(): RulesetReport {
    return this.#program.report(this.#publishedAt);
  }

  validateRuleset(text: string): readonly RulesetProblem[] {
    const parsed = parseRuleset(text);
    return parsed.ok ? [] : parsed.problems;
  }

  /** Every ruleset that was put into force, the oldest first. */
  publications(): readonly Publication[] {
    return this.#registry.publications;
  }

  /** The text that a version was published as; null where it never was. Rejects with LOG_ errors. */
  publishedText(version: string): Promise<string | null> {
    return this.#registry.publishedText(version);
  }

  publishRuleset(text: string, origin: PublicationOrigin = BY_CALL): Promise<RulesetReport> {
    const published = this.#publishing.then(() => this.#publish(text, origin));
    this.#publishing = published.catch(() => {});
    return published;
  }

  async #publish(text: string, origin: PublicationOrigin): Promise<RulesetReport> {
    const ruleset = rulesetOf(text);
    const isFile = origin.source === 'file';
    // What a file has said counts once: what was published since stays in force until the file says something else.
    if (isFile && this.#registry.fileVersion === ruleset.version) return this.ruleset();
    if (ruleset.version === this.#program.ruleset.version) {
      if (isFile) await this.#record(ruleset, origin);
      return this.ruleset();
    }
    return await this.#install(ruleset, () => this.rememberRuleset(ruleset, origin));
  }

  /** Puts a ruleset in force, once `remember` has let it count. */
  async #install(ruleset: Ruleset, remember: () => Promise<void>): Promise<RulesetReport> {
    const tables = await this.#tables.open(ruleset.tables);
    try {
      const { definitions, log, logger } = this.#parts;
      const gate = await openLateGate(log, ruleset, this.#program.lateGate);
      const next = new Program(ruleset, definitions, this.#lists, this.#suppressions, rowsOf(tables), gate);
      await remember();
      next.takeOver(this.#program);
      this.#program = next;
      this.#tables.install(tables);
      this.#host.install(next);
      this.#reviewer?.followSoon();
      logger.info('A ruleset is in force', { version: ruleset.version, name: ruleset.name });
    } catch (error) {
      this.#tables.abandon(tables);
      throw error;
    }
    return this.ruleset();
  }

  /** Records that a ruleset is in force from now on. */
  async rememberRuleset(ruleset: Ruleset, origin: PublicationOrigin): Promise<void> {
    this.#publishedAt = await this.#record(ruleset, origin);
  }

  async #record({ version, text }: Ruleset, origin: PublicationOrigin): Promise<string> {
    const recordedAt = this.#nowIso();
    await this.#registry.change({ type: 'RulesetPublished', version, text, origin, recordedAt });
    return recordedAt;
  }

  readiness(): Readiness {
    const reasons: string[] = [];
    if (this.#failure !== null) reasons.push(`event log failed: ${this.#failure.message}`);
    if (this.#draining) reasons.push('draining');
    return { ready: reasons.length === 0, reasons };
  }

  statistics(): EngineStatistics {
    const { waiting, pendingCommits, conflictRetries } = this.#transactor.statistics;
    return {
      ...this.#host.statistics,
      ...this.#authorizer.statistics,
      residentActors: this.#host.directory.countByKind(),
      commands: this.#commandCount(),
      commandsMax: this.#parts.settings.commandsMax,
      commandsBlockedMs: this.#blocked.totalMs(this.#parts.clock.monotonicMs()),
      waitingCommands: waiting,
      pendingCommits,
      conflictRetries,
      oldestPendingMs: this.#authorizer.oldestPendingMs(this.#parts.clock.monotonicMs()),
      lateEvents: this.#program.lateEvents,
      lateByPolicy: { ...this.#program.lateByPolicy },
      lateReviews: this.#reviewer?.report() ?? NO_REVIEWS,
      watermarksMs: this.#program.lateGate?.watermarksMs() ?? {},
      headPosition: this.#parts.log.statistics().headPosition,
    };
  }

  async drain(): Promise<void> {
    this.#draining = true;
    await Promise.all([this.#authorizer.idle(), Promise.allSettled([...this.#sideEvents]), this.#registry.idle()]);
  }

  /** Lets the cards go that another node owns now; one that is asked for all the same comes back. */
  releaseCards(isLost: (cardId: string) => boolean): number {
    return this.#host.release((kind, id) => kind === 'card' && isLost(id));
  }

  /** Starts inspection of every actor by XState's inspection API; answers how to end it. */
  inspect(observer: (event: InspectionEvent) => void): () => void {
    return this.#system.inspect(observer);
  }

  /** Deadline of a call that states none, ms, by the ruleset in force. */
  defaultDeadlineMs(): number {
    return this.#program.ruleset.policy.deadlineMs;
  }

  /** Takes in what other processes recorded: for actors, for lists, and a ruleset that is in force everywhere. */
  #takeForeign(records: readonly StoredRecord[]): void {
    for (const record of records) {
      if (!this.#registry.takeForeign(record)) this.#host.takeForeign(record);
      else if (record.type === 'RulesetPublished') this.#followRuleset();
    }
  }

  #followRuleset(): void {
    const followed = this.#publishing.then(async () => {
      await this.#registry.idle();
      const { published } = this.#registry;
      if (published === null || published.version === this.#program.ruleset.version) return;
      await this.#install(rulesetOf(published.text), async () => {
        this.#publishedAt = published.recordedAt;
      });
    });
    this.#publishing = followed.catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#parts.logger.error('A ruleset that another node published cannot be installed', { reason });
    });
  }

  #fail(error: Error): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#parts.logger.error('The engine takes no more events', { reason: error.message });
  }

  #commandCount(): number {
    return this.#authorizer.pendingCount + this.#sideEvents.size;
  }

  #refusal(): PalisadeError | null {
    if (this.#failure !== null) {
      const message = `Cannot take the event as the event log failed: ${this.#failure.message}`;
      return new PalisadeError('LOG_FAILED', message, { cause: this.#failure });
    }
    if (this.#draining) {
      return new PalisadeError('ENGINE_DRAINING', 'Cannot take the event as the engine shuts down. Try again.');
    }
    const { clock, settings } = this.#parts;
    const underWay = this.#commandCount();
    if (underWay < settings.commandsMax) {
      if (this.#blocked.isBlocked) this.#blocked.end(clock.monotonicMs());
      return null;
    }
    this.#blocked.begin(clock.monotonicMs());
    const message = `Cannot take the event as too many are under way: ${underWay}. Try again shortly.`;
    return new PalisadeError('ENGINE_OVERLOADED', message);
  }
}

/**
 * Starts an engine over an open log: reads lists and rulesets, installs the ruleset, and is ready.
 * Rejects with RULESET_INVALID or a LOG_ error.
 */
export async function createEngine(parts: EngineParts): Promise<ActorEngine> {
  const lists = new ListIndex();
  const suppressions = new SuppressionIndex();
  const registry = new Registry(parts.log, parts.clock, parts.random, lists, suppressions);
  await registry.load();
  const { ruleset, origin } = rulesetAtStart(parts, registry);
  const tables = new TableCatalog(parts.log, parts.settings.tableVersionsMax);
  const opened = await tables.open(ruleset.tables);
  tables.install(opened);
  const gate = await openLateGate(parts.log, ruleset, null);
  const program = new Program(ruleset, parts.definitions, lists, suppressions, rowsOf(opened), gate);
  const engine = new ActorEngine(parts, program, registry, lists, suppressions, tables);
  if (origin !== null) await engine.rememberRuleset(ruleset, origin);
  return engine;
}

function rowsOf(tables: readonly OpenTable[]): readonly TableRows[] {
  return tables.map(({ rows }) => rows);
}
