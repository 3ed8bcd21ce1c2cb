import { type ActorKind, parseStream, type Revision, type StreamName } from '../../src/domain/entities.ts';
import type { SideEvent, Transaction } from '../../src/domain/events.ts';
import type { RevisionCause } from '../../src/domain/records.ts';
import type { StoredRecord, StoredSnapshot } from '../../src/ports/event-log.ts';
import { foldImage, imageOf } from '../../src/runtime/entity-image.ts';
import { agrees } from '../windows/rig.ts';
import { hold } from './invariant-violation.ts';
import { RULESET_VARIANTS, type RulesetVariant, variantOf } from './ruleset-variants.ts';
import type { Disk, LogWatcher } from './simulated-log.ts';
import {
  EntityHistory,
  expectedFeatures,
  sideOracleEvent,
  standingWindows,
  transactionEvent,
} from './stream-oracle.ts';

type Stored = {
  readonly transaction: Transaction;
  readonly decision: { readonly outcome: string; readonly mode: string; readonly rulesetVersion: string };
  readonly features: readonly (number | null)[];
  readonly event: SideEvent;
  readonly superseded?: { readonly outcome: string };
  readonly revisedBy?: RevisionCause;
};

type Fold = { readonly revision: Revision; readonly bytes: Uint8Array };

/**
 * Watches the log from outside: every durable record is checked once, by its own reading of it, against what the
 * streams held before (I2, I4), and every snapshot against a fold of the stream (I5). Knows nothing of the engine.
 */
export class LogAuditor implements LogWatcher {
  readonly #records: StoredRecord[] = [];
  readonly #streams = new Map<StreamName, StoredRecord[]>();
  readonly #histories = new Map<StreamName, EntityHistory>();
  readonly #ids = new Set<string>();
  readonly #decided = new Set<string>();
  readonly #decisions = new Map<string, string>();
  readonly #transactions = new Map<string, Transaction>();
  readonly #sideEvents = new Map<string, SideEvent>();
  readonly #folds = new Map<string, Fold>();
  #early: { snapshot: StoredSnapshot; variant: RulesetVariant }[] = [];
  snapshotsChecked = 0;
  decisionsChecked = 0;
  revisionsChecked = 0;
  /** Version of the ruleset that the engine runs; what it snapshots is of that. */
  rulesetInForce: () => string = () => RULESET_VARIANTS[0]?.version ?? '';

  get streams(): ReadonlyMap<StreamName, readonly StoredRecord[]> {
    return this.#streams;
  }

  /** Text of the decision that counts for a transaction, as far as it is durable. */
  decisionText(transactionId: string): string | null {
    return this.#decisions.get(transactionId) ?? null;
  }

  /** The transaction that is durable under an id. */
  transaction(transactionId: string): Transaction | null {
    return this.#transactions.get(transactionId) ?? null;
  }

  sideEvent(eventId: string): SideEvent | null {
    return this.#sideEvents.get(eventId) ?? null;
  }

  durable(record: StoredRecord): void {
    hold('I4', record.position === this.#records.length + 1, () => `position ${record.position} is out of turn`);
    hold('I4', !this.#ids.has(record.recordId), () => `record ${record.recordId} is stored twice`);
    this.#ids.add(record.recordId);
    this.#records.push(record);
    for (const { stream, revision } of record.streams) {
      const records = this.#streams.get(stream) ?? [];
      const due = records.length;
      hold('I4', revision === due, () => `${stream} goes on with revision ${revision}, not with ${due}`);
      records.push(record);
      this.#streams.set(stream, records);
    }
    this.#read(record);
    const due = this.#early.filter(({ snapshot }) => this.#holds(snapshot));
    this.#early = this.#early.filter(({ snapshot }) => !this.#holds(snapshot));
    for (const { snapshot, variant } of due) this.#checkSnapshot(snapshot, variant);
  }

  snapshotWritten(snapshot: StoredSnapshot): void {
    const variant = variantOf(this.rulesetInForce());
    if (this.#holds(snapshot)) this.#checkSnapshot(snapshot, variant);
    else this.#early.push({ snapshot, variant });
  }

  /** After a crash the disk has all that was durable, byte for byte (I1). */
  crashed(disk: Disk): void {
    this.#early = [];
    for (const [index, record] of this.#records.entries()) {
      const kept = disk.records[index];
      const isSame = kept !== undefined && kept.recordId === record.recordId && kept.body === record.body;
      hold('I1', isSame, () => `record ${record.recordId} at ${record.position} did not outlive the crash`);
    }
  }

  /** Folding each stream from its start gives what folding it from snapshot to snapshot gave (I5). */
  checkFolds(variant: RulesetVariant): void {
    for (const [stream, records] of this.#streams) {
      if (parseStream(stream) === null) continue;
      const chained = this.#foldTo(stream, records.length - 1, variant);
      const whole = this.#fold(stream, { revision: -1, bytes: new Uint8Array() }, records.length - 1, variant);
      hold('I5', isSameBytes(chained, whole), () => `${stream} folds otherwise with snapshots than without`);
    }
  }

  /** What an entity's windows are to show, by the oracle. */
  standingWindows(stream: StreamName, kind: ActorKind, variant: RulesetVariant): Map<string, number> {
    return standingWindows(variant, kind, this.#historyOf(stream).eventsOf(variant));
  }

  #holds(snapshot: StoredSnapshot): boolean {
    return snapshot.revision < (this.#streams.get(snapshot.stream)?.length ?? 0);
  }

  #read(record: StoredRecord): void {
    const stored: Stored = JSON.parse(record.body);
    switch (record.type) {
      case 'TransactionDecided':
        this.#readTransaction(record, stored);
        return;
      case 'DecisionSuperseded': {
        const { transactionId } = stored.transaction;
        // What late data revised was told to nobody: the caller goes on to get what it was told.
        if (stored.revisedBy === undefined) this.#decisions.set(transactionId, decisionIn(record.body));
        else this.#checkRevision(record, stored);
        for (const { stream } of record.streams) {
          this.#historyOf(stream).reclassify(transactionId, stored.decision.outcome);
        }
        return;
      }
      case 'SideEventRecorded': {
        this.#sideEvents.set(stored.event.eventId, stored.event);
        const event = sideOracleEvent(stored.event);
        if (event === null) return;
        for (const { stream } of record.streams) {
          for (const variant of RULESET_VARIANTS) this.#historyOf(stream).add(variant, event, null);
        }
      }
    }
  }

  /** A revision names a decision and a later record, and comes after what it corrects was approved. */
  #checkRevision({ position }: StoredRecord, { transaction, superseded, decision, revisedBy }: Stored): void {
    const { transactionId } = transaction;
    const corrected = this.#records[(revisedBy?.corrects ?? 0) - 1];
    const cause = this.#records[(revisedBy?.causePosition ?? 0) - 1];
    const isOfIt = corrected?.recordId === `t:${transactionId}` && cause?.recordId === revisedBy?.causeId;
    const isLater = corrected !== undefined && cause !== undefined && corrected.position < cause.position;
    hold('I4', isOfIt && isLater && cause.position < position, () => `${transactionId} is revised by what is not so`);
    const isTaken = superseded?.outcome === 'approve' && decision.outcome !== 'approve';
    hold('I5', isTaken, () => `${transactionId} is revised from ${superseded?.outcome} to ${decision.outcome}`);
    this.revisionsChecked += 1;
  }

  #readTransaction(record: StoredRecord, stored: Stored): void {
    const { transaction, decision, features } = stored;
    const { transactionId } = transaction;
    hold('I2', !this.#decided.has(transactionId), () => `transaction ${transactionId} is recorded twice`);
    this.#decided.add(transactionId);
    this.#decisions.set(transactionId, decisionIn(record.body));
    this.#transactions.set(transactionId, transaction);
    const variant = variantOf(decision.rulesetVersion);
    const mayDiffer = decision.mode === 'fallback';
    for (const { stream, revision } of record.streams) {
      const entity = parseStream(stream);
      if (entity === null) continue;
      const { kind } = entity;
      const told = JSON.parse(decisionIn(record.body)).revisions[kind];
      hold('I4', mayDiffer || told === revision, () => `${transactionId} tells ${kind} revision ${told}: ${revision}`);
      if (!mayDiffer) this.#checkFeatures(stream, kind, variant, transaction, features);
      for (const one of RULESET_VARIANTS) {
        const event = transactionEvent(transaction, decision.outcome, one);
        this.#historyOf(stream).add(one, event, transactionId);
      }
    }
    this.decisionsChecked += 1;
  }

  #checkFeatures(
    stream: StreamName,
    kind: ActorKind,
    variant: RulesetVariant,
    transaction: Transaction,
    features: readonly (number | null)[],
  ): void {
    const earlier = this.#historyOf(stream).eventsOf(variant);
    const expected = expectedFeatures(variant, kind, earlier, transactionEvent(transaction, '', variant));
    const first = variant.features.findIndex((spec) => spec.by === kind);
    for (const [index, value] of expected.entries()) {
      const spec = variant.features[first + index];
      const actual = features[first + index] ?? Number.NaN;
      const tolerance = spec?.window === null ? 1e-6 : 1e-9;
      hold(
        'I2',
        agrees(actual, value, tolerance),
        () => `${transaction.transactionId} saw ${kind}.${spec?.name} ${actual} in ${stream}, the oracle ${value}`,
      );
    }
  }

  #checkSnapshot(snapshot: StoredSnapshot, variant: RulesetVariant): void {
    const bytes = this.#foldTo(snapshot.stream, snapshot.revision, variant);
    const isSame = isSameBytes(bytes, snapshot.state);
    hold('I5', isSame, () => `live ${snapshot.stream} at ${snapshot.revision} is not what its stream folds to`);
    this.snapshotsChecked += 1;
  }

  /** State bytes at a revision, going on from the last fold. */
  #foldTo(stream: StreamName, revision: Revision, variant: RulesetVariant): Uint8Array {
    const key = `${variant.version} ${stream}`;
    const known = this.#folds.get(key);
    if (known?.revision === revision) return known.bytes;
    const isAhead = known !== undefined && known.revision < revision;
    const bytes = this.#fold(stream, isAhead ? known : { revision: -1, bytes: new Uint8Array() }, revision, variant);
    if (known === undefined || isAhead) this.#folds.set(key, { revision, bytes });
    return bytes;
  }

  #fold(stream: StreamName, from: Fold, revision: Revision, variant: RulesetVariant): Uint8Array {
    const kind = parseStream(stream)?.kind ?? 'card';
    const kindProgram = variant.program.kinds[kind];
    const { schema } = kindProgram;
    const records = (this.#streams.get(stream) ?? []).slice(from.revision + 1, revision + 1);
    const snapshot = from.revision < 0 ? null : { stream, revision: from.revision, schema, state: from.bytes };
    return imageOf(kindProgram, foldImage(variant.program, kind, stream, { snapshot, records, revision }));
  }

  #historyOf(stream: StreamName): EntityHistory {
    const known = this.#histories.get(stream);
    if (known !== undefined) return known;
    const history = new EntityHistory();
    this.#histories.set(stream, history);
    return history;
  }
}

/** The decision in a record's body, as it is: it stands last. */
function decisionIn(body: string): string {
  return body.slice(body.lastIndexOf(',"decision":{') + ',"decision":'.length, -1);
}

function isSameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
