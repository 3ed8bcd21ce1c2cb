import { type ActorKind, type EntityKind, pairId } from '../../src/domain/entities.ts';
import { PalisadeError } from '../../src/domain/errors.ts';
import type { SideEvent, TableRow, Transaction } from '../../src/domain/events.ts';
import type { ListEntry, ListKind, ListName, Suppression } from '../../src/domain/lists.ts';
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
} from '../../src/ports/engine.ts';

type Held = { readonly text: string; readonly answer: Promise<AuthorizeAnswer> };

/**
 * A small engine in memory for the tests of the HTTP door. It is honest in what the door relies on: one answer for an
 * id, a conflict for the id with another body, lists that hold what was set, a drain that waits for what is under way.
 * `hold` lets a test decide when authorizations are answered.
 */
export class MemoryEngine implements Engine {
  readonly #held = new Map<string, Held>();
  readonly #bodies = new Map<string, string>();
  readonly #events = new Set<string>();
  readonly #entries = new Map<string, ListEntry>();
  readonly #suppressions = new Map<string, Suppression>();
  readonly #entities = new Set<string>();
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;
  #ruleset = 'name: first';
  readonly commands: AuthorizeCommand[] = [];
  readonly recorded: SideEvent[] = [];
  readonly unheard: string[] = [];
  ready: Readiness = { ready: true, reasons: [] };
  failure: Error | null = null;
  oldestPendingMs = 0;
  drained = false;

  /** Keeps the answers to later authorizations back until `release`. */
  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#open();
  }

  authorize(command: AuthorizeCommand): Promise<AuthorizeAnswer> {
    this.commands.push(command);
    if (this.failure !== null) return Promise.reject(this.failure);
    const { transactionId, cardId, merchantId } = command.transaction;
    const first = this.#held.get(transactionId);
    if (first !== undefined) {
      if (first.text !== command.text) return Promise.reject(conflict());
      return first.answer.then((answer) => ({ ...answer, repeated: true }));
    }
    this.#entities.add(`card ${cardId}`);
    if (merchantId !== undefined) this.#entities.add(`card_merchant ${pairId(cardId, merchantId)}`);
    const answer = this.#gate.then((): AuthorizeAnswer => {
      const body = JSON.stringify({ transactionId, outcome: 'approve', decision: this.#bodies.size });
      this.#bodies.set(transactionId, body);
      return { body, outcome: 'approve', mode: 'full', repeated: false };
    });
    this.#held.set(transactionId, { text: command.text, answer });
    return answer;
  }

  async recordUnheard({ transactionId }: Transaction): Promise<void> {
    this.unheard.push(transactionId);
  }

  async record(event: SideEvent): Promise<SideEventReceipt> {
    if (this.failure !== null) throw this.failure;
    const repeated = this.#events.has(event.eventId);
    if (!repeated) this.recorded.push(event);
    this.#events.add(event.eventId);
    return { eventId: event.eventId, repeated, alerts: [] };
  }

  async findDecision(transactionId: string): Promise<string | null> {
    return this.#bodies.get(transactionId) ?? null;
  }

  async readEntity(kind: ActorKind, id: string): Promise<EntityReport | null> {
    if (!this.#entities.has(`${kind} ${id}`)) return null;
    const time = '2026-01-31T11:45:00.000Z';
    return {
      kind,
      id,
      status: 'active',
      revision: 0,
      asOf: time,
      firstSeenAt: time,
      homeCountry: '',
      fraudLabels: 0,
      windows: {},
      attributes: {},
      resident: true,
    };
  }

  lists(): readonly ListEntry[] {
    return [...this.#entries.values()];
  }

  async setListEntry(entry: ListEntry): Promise<void> {
    this.#entries.set(`${entry.list} ${entry.kind} ${entry.value}`, entry);
  }

  async removeListEntry(list: ListName, kind: ListKind, value: string): Promise<boolean> {
    return this.#entries.delete(`${list} ${kind} ${value}`);
  }

  suppressions(): readonly Suppression[] {
    return [...this.#suppressions.values()];
  }

  async setSuppression(suppression: Suppression): Promise<void> {
    this.#suppressions.set(`${suppression.ruleId} ${suppression.kind} ${suppression.id}`, suppression);
  }

  tables(): readonly TableReport[] {
    const rowCount = new Set(this.#rows().map(({ key }) => key)).size;
    return [
      {
        name: 'country_risk',
        description: '',
        columns: { score: 'number' },
        keepMs: 86_400_000,
        rowCount,
        versionCount: this.#rows().length,
        revision: this.#rows().length - 1,
        newestAt: this.#rows().at(-1)?.occurredAt ?? '',
      },
    ];
  }

  readTableRow(table: string, key: string, atMs: number): TableRowReport | null {
    const fits = (row: TableRow) => row.table === table && row.key === key && Date.parse(row.occurredAt) <= atMs;
    const revision = this.#rows().findLastIndex(fits);
    const row = this.#rows()[revision];
    if (row?.columns === undefined) return null;
    const asOf = new Date(atMs).toISOString();
    return { table, key, asOf, since: row.occurredAt, revision, columns: row.columns };
  }

  async readTableChanges(table: string, after: number, maxCount: number): Promise<readonly TableChange[] | null> {
    if (table !== 'country_risk') return null;
    const changes = this.#rows().map(({ eventId, key, occurredAt, columns }, revision) => ({
      revision,
      eventId,
      key,
      occurredAt,
      recordedAt: occurredAt,
      columns: columns ?? null,
    }));
    return changes.slice(after + 1, after + 1 + maxCount);
  }

  #rows(): TableRow[] {
    return this.recorded.filter((event) => event.type === 'table_row');
  }

  async removeSuppression(ruleId: string, kind: EntityKind, id: string): Promise<boolean> {
    return this.#suppressions.delete(`${ruleId} ${kind} ${id}`);
  }

  ruleset(): RulesetReport {
    const text = this.#ruleset;
    return {
      version: String(text.length),
      name: text.slice(6),
      publishedAt: '2026-01-31T11:45:00.000Z',
      rules: [],
      featureCount: 0,
      text,
    };
  }

  validateRuleset(text: string): readonly RulesetProblem[] {
    return text.startsWith('name: ') ? [] : [{ line: 1, column: 1, field: 'name', message: 'is required' }];
  }

  async publishRuleset(text: string): Promise<RulesetReport> {
    const problems = this.validateRuleset(text);
    if (problems.length > 0) {
      throw new PalisadeError('RULESET_INVALID', 'Cannot publish the ruleset as name is required. Add it.', {
        fields: problems,
      });
    }
    this.#ruleset = text;
    return this.ruleset();
  }

  readiness(): Readiness {
    return this.ready;
  }

  statistics(): EngineStatistics {
    return {
      residentActors: { card: 3, account: 2, device: 1, merchant: 0, ip: 0 },
      rehydrations: 0,
      passivations: 0,
      rehydrationsActive: 0,
      commands: 0,
      commandsMax: 8192,
      commandsBlockedMs: 0,
      waitingCommands: 0,
      pendingCommits: 0,
      oldestPendingMs: this.oldestPendingMs,
      decisions: this.#bodies.size,
      repeats: 0,
      conflictRetries: 0,
      ruleFailures: 0,
      fallbacks: 0,
      lateEvents: 0,
      lateByPolicy: { drop: 0, correct: 0, side_output: 0 },
      lateReviews: { reviewed: 0, kept: 0, unclear: 0, revised: 0, failed: 0, lagRecords: 0 },
      watermarksMs: {},
      headPosition: this.#bodies.size,
    };
  }

  async drain(): Promise<void> {
    await Promise.all([...this.#held.values()].map(({ answer }) => answer));
    this.drained = true;
  }
}

function conflict(): PalisadeError {
  return new PalisadeError(
    'TRANSACTION_CONFLICT',
    'Cannot decide as the id was used with another body: it differs. Send a new id.',
  );
}
