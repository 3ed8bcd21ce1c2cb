import { encodeFact } from '../../src/codec/mod.ts';
import { streamOf } from '../../src/domain/entities.ts';
import { isPalisadeError, type PalisadeError } from '../../src/domain/errors.ts';
import type { SideEvent } from '../../src/domain/events.ts';
import { hash53 } from '../../src/domain/hash.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { AuthorizeCommand, SideEventReceipt } from '../../src/ports/engine.ts';
import type { EventLog, StoredRecord, StoredSnapshot } from '../../src/ports/event-log.ts';
import { type ActorEngine, createEngine } from '../../src/runtime/actor-engine.ts';
import type { EngineSettings } from '../../src/runtime/engine-parts.ts';
import { ACTOR_DEFINITIONS } from '../support/actor-definitions.ts';
import { KeptCheckpoint } from '../support/kept-checkpoint.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';
import { ClientLedger } from './client-ledger.ts';
import { FreezeWatch } from './freeze-watch.ts';
import { hold, InvariantViolation } from './invariant-violation.ts';
import { LogAuditor } from './log-auditor.ts';
import { POPULATION } from './random-traffic.ts';
import { type RegistryChange, RegistryModel } from './registry-model.ts';
import { RULESET_VARIANTS } from './ruleset-variants.ts';
import { type Disk, diskAfterCrash, type Loss, SimulatedLog } from './simulated-log.ts';

/** What a planted defect puts between the engine and the simulated world. */
export type Plant = {
  readonly log?: (log: EventLog, random: SeededRandom) => EventLog;
  readonly clock?: (clock: Clock) => Clock;
  readonly crash?: (disk: Disk) => Disk;
  readonly engine?: (engine: ActorEngine) => void;
};

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };
/** Deliveries after which a command that has not ended is taken never to end. */
const SETTLE_ROUNDS_MAX = 3000;

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

type SentEvent = { readonly event: SideEvent; readonly text: string };

/** One engine, its log, its clock and its clients, all moved by one seed. After a crash another engine goes on. */
export class SimulatedWorld {
  readonly random: SeededRandom;
  readonly clock = new SimulatedClock();
  readonly auditor = new LogAuditor();
  readonly freezes = new FreezeWatch();
  readonly ledger: ClientLedger;
  readonly registry: RegistryModel;
  readonly settings: EngineSettings;
  readonly trace: string[] = [];
  readonly receipts = new Map<string, { text: string; alerts: string }>();
  readonly counts = {
    crashes: 0,
    rivals: 0,
    failures: 0,
    commits: 0,
    losses: 0,
    badInputs: 0,
    sideEvents: 0,
    publications: 0,
  };
  readonly #plant: Plant;
  /** Share of the appends of which something is lost: none in an embedded log, some over a network. */
  readonly #lossShare: number;
  readonly #ids: SeededRandom;
  #checkpoints = new KeptCheckpoint();
  #traceHash = 0;
  #disk: Disk = { records: [], snapshots: new Map() };
  #log: SimulatedLog;
  #engine: ActorEngine | null = null;
  #session = 0;
  #violation: InvariantViolation | null = null;
  #openCalls = 0;
  isDraining = false;
  isFailed = false;

  constructor(seed: number, plant: Plant) {
    this.random = new SeededRandom(seed);
    this.#ids = new SeededRandom(seed);
    this.#plant = plant;
    const { random } = this;
    this.settings = {
      residentMax: random.pick([6, 16, 16, 40]),
      mailboxDepthMax: random.pick([3, 8, 50]),
      rehydrationsMax: random.pick([1, 3, 16]),
      snapshotEveryEvents: random.pick([1, 4, 30]),
      commandsMax: random.pick([12, 60]),
      recentMax: random.pick([2, 10, 200]),
    };
    this.#lossShare = random.pick([0, 0, 0.03, 0.1]);
    this.ledger = new ClientLedger(
      this.auditor,
      () => this.clock.monotonicMs(),
      (error) => this.mayRefuse(error),
    );
    this.registry = new RegistryModel();
    this.#log = this.#openLog();
  }

  get engine(): ActorEngine {
    if (this.#engine !== null) return this.#engine;
    throw new Error('The simulated engine is not up.');
  }

  get log(): SimulatedLog {
    return this.#log;
  }

  get traceHash(): string {
    return this.#traceHash.toString(16);
  }

  /** Calls, beside authorizations, that have not ended. */
  get openCalls(): number {
    return this.#openCalls;
  }

  note(line: string): void {
    const timed = `${this.clock.monotonicMs()} ${line}`;
    this.trace.push(timed);
    this.#traceHash = hash53(`${this.#traceHash} ${timed}`);
  }

  /** Throws what a checker found while the engine ran. */
  check(): void {
    if (this.#violation !== null) throw this.#violation;
  }

  mayRefuse(error: PalisadeError): boolean {
    switch (error.code) {
      case 'ACTOR_MAILBOX_FULL':
      case 'ENGINE_OVERLOADED':
      // The ledger looks whether it came too early.
      case 'TRANSACTION_UNRESOLVED':
        return true;
      case 'ACTOR_CONFLICT':
        return this.counts.rivals + this.counts.losses > 0;
      case 'ENGINE_DRAINING':
        return this.isDraining;
      case 'LOG_FAILED':
        return this.isFailed;
      default:
        return false;
    }
  }

  /** Starts an engine on the disk; the log's answers arrive in the order that the seed says. */
  async start(): Promise<void> {
    this.#session += 1;
    const { log: plantLog, clock: plantClock } = this.#plant;
    const log = plantLog === undefined ? this.#log : plantLog(this.#log, this.random);
    let isReady = false;
    let failure: unknown = null;
    createEngine({
      log,
      clock: plantClock === undefined ? this.clock : plantClock(this.clock),
      random: this.#ids,
      logger: SILENT,
      definitions: ACTOR_DEFINITIONS,
      settings: this.settings,
      rulesetText: null,
      fallbackRulesetText: RULESET_VARIANTS[0]?.text ?? '',
    }).then(
      async (engine) => {
        this.#engine = engine;
        await engine.reviewLateEvents(this.#checkpoints);
        isReady = true;
      },
      (error: unknown) => {
        failure = error;
      },
    );
    for (let round = 0; !isReady && failure === null; round++) {
      hold('liveness', round < 100, () => 'the engine does not start');
      await this.deliverAll();
    }
    if (!isReady) throw new InvariantViolation('errors', `the engine does not start: ${String(failure)}`);
    this.#plant.engine?.(this.engine);
    this.auditor.rulesetInForce = () => this.engine.ruleset().version;
    if (this.#session === 1) this.registry.adopt(this.engine);
    this.registry.checkRestarted(this.engine);
    this.note(`started ${this.engine.ruleset().version.slice(0, 6)}`);
  }

  /** The process dies: what is not durable is gone, and so is everyone's call. A new engine goes on. */
  async crash(): Promise<void> {
    this.counts.crashes += 1;
    this.note(`crash, ${this.#log.heldCount} not durable`);
    const { crash: plantCrash } = this.#plant;
    const kept = diskAfterCrash(this.#disk, this.random);
    this.#disk = plantCrash === undefined ? kept : plantCrash(kept);
    this.clock.forgetTimers();
    this.ledger.crashed();
    this.auditor.crashed(this.#disk);
    this.#openCalls = 0;
    this.isDraining = false;
    this.isFailed = false;
    this.#engine = null;
    this.#checkpoints = this.#checkpoints.afterCrash();
    this.#log = this.#openLog();
    await this.start();
  }

  authorize(command: AuthorizeCommand): void {
    const submission = this.ledger.submit(command);
    const { transactionId } = command.transaction;
    this.engine.authorize(command).then(
      (answer) =>
        this.#guard(() => {
          const isOpen = submission.state === 'open';
          this.ledger.answered(submission, answer);
          if (isOpen) this.note(`answer ${transactionId} ${answer.repeated} ${hash53(answer.body)} ${answer.mode}`);
        }),
      (error: unknown) =>
        this.#guard(() => {
          if (submission.state === 'open') this.note(`refuse ${transactionId} ${codeOf(error)}`);
          this.ledger.refused(submission, error);
        }),
    );
  }

  record({ event, text }: SentEvent): void {
    this.counts.sideEvents += 1;
    const { eventId } = event;
    this.call(
      `event ${eventId}`,
      this.engine.record(event),
      (receipt: SideEventReceipt) => {
        const alerts = receipt.alerts.join();
        const first = this.receipts.get(eventId);
        hold('I3', first === undefined || (first.text === text && first.alerts === alerts), () => `two for ${eventId}`);
        const stored = this.auditor.sideEvent(eventId);
        hold('I1', JSON.stringify(stored) === text, () => `${eventId} was acknowledged and is not durable`);
        this.receipts.set(eventId, { text, alerts });
        this.freezes.acknowledged(eventId);
      },
      (error) => {
        const isConflict = isPalisadeError(error, 'TRANSACTION_CONFLICT') && this.receipts.get(eventId)?.text !== text;
        return isConflict;
      },
    );
  }

  /** Follows a change of lists, suppressions or the ruleset to its end. */
  change(change: RegistryChange, done: Promise<unknown>): void {
    this.registry.began(change);
    this.call(`change ${change.type}`, done, () => this.registry.ended(change));
  }

  /** Follows a call to its end; `expected` says of an error whether it is fine, beside the refusals that always are. */
  call<Answer>(
    name: string,
    promise: Promise<Answer>,
    done: (answer: Answer) => void,
    expected: (error: unknown) => boolean = () => false,
  ): void {
    const session = this.#session;
    this.#openCalls += 1;
    promise.then(
      (answer) =>
        this.#guard(() => {
          if (session !== this.#session) return;
          this.#openCalls -= 1;
          this.note(`done ${name}`);
          done(answer);
        }),
      (error: unknown) =>
        this.#guard(() => {
          if (session !== this.#session) return;
          this.#openCalls -= 1;
          this.note(`failed ${name} ${codeOf(error)}`);
          const isFine = expected(error) || (isPalisadeError(error) && this.mayRefuse(error));
          hold('errors', isFine, () => `${name} was refused by ${String(error)}`);
        }),
    );
  }

  /** Another process writes a label to some streams, beside the engine. */
  rival(): void {
    const { random } = this;
    this.counts.rivals += 1;
    const cardId = random.pick(POPULATION.card);
    const streams = [streamOf('card', cardId)];
    if (random.chance(0.5)) streams.push(streamOf('merchant', random.pick(POPULATION.merchant)));
    const eventId = `rival-${this.counts.rivals}`;
    const occurredAt = new Date(this.clock.nowMs()).toISOString();
    const body = encodeFact({
      type: 'SideEventRecorded',
      event: { type: 'label', eventId, occurredAt, transactionId: 't1', label: 'legitimate', cardId },
      assessment: null,
      rulesetVersion: RULESET_VARIANTS[0]?.version ?? '',
      recordedAt: occurredAt,
    });
    this.note(`rival ${streams.join()}`);
    this.#log.appendBeside(`e:${eventId}`, 'SideEventRecorded', body, streams);
  }

  /** One answer of the log arrives: any read or refusal, or the oldest acknowledgement. */
  async deliverOne(): Promise<void> {
    const { deliveries } = this.#log;
    const firstAcknowledgement = deliveries.findIndex((delivery) => delivery.isAcknowledgement);
    const ready = deliveries.filter(
      (delivery, index) => delivery.isReady() && (!delivery.isAcknowledgement || index === firstAcknowledgement),
    );
    if (ready.length === 0) return;
    const chosen = this.random.pick(ready);
    deliveries.splice(deliveries.indexOf(chosen), 1);
    this.note(`deliver ${chosen.label}`);
    chosen.deliver();
    await this.turn();
  }

  /** Some of what is accepted becomes durable. */
  commit(): void {
    const { heldCount } = this.#log;
    if (heldCount === 0) return;
    const count = this.random.integer(1, heldCount);
    this.counts.commits += 1;
    this.note(`commit ${count} of ${heldCount}`);
    this.#log.commit(count);
  }

  /** Lets everything that the log has to say arrive. */
  async deliverAll(): Promise<void> {
    await this.turn();
    for (let round = 0; this.#log.heldCount + this.#log.deliveries.length > 0; round++) {
      hold('liveness', round < SETTLE_ROUNDS_MAX, () => `no end after ${round} deliveries`);
      this.commit();
      await this.deliverOne();
      this.check();
    }
  }

  /** Calls without an answer, and commits whose outcome is not known: the answer may have been the fallback's. */
  get #unsettledCount(): number {
    const { pendingCommits, lateReviews } = this.engine.statistics();
    return this.ledger.open.length + this.#openCalls + pendingCommits + lateReviews.lagRecords;
  }

  /** Faults are over: every call has to end (liveness). */
  async settle(): Promise<void> {
    for (let round = 0; this.#unsettledCount > 0 || round === 0; round++) {
      const left = () => `${this.ledger.open.length} commands and ${this.#openCalls} calls do not end`;
      hold('liveness', round < 200, left);
      await this.deliverAll();
      this.clock.advance(7);
      await this.turn();
      this.check();
    }
    await this.deliverAll();
  }

  /** Lets all that is due happen, and looks whether anything was found. */
  async turn(): Promise<void> {
    await nextTurn();
    this.check();
  }

  /** Invariants that can be looked at after any step. */
  checkStep(): void {
    if (!this.isFailed) this.ledger.checkDeadlines();
  }

  #openLog(): SimulatedLog {
    const watcher = {
      durable: (record: StoredRecord) =>
        this.#guard(() => {
          this.auditor.durable(record);
          this.freezes.durable(record);
        }),
      snapshotWritten: (snapshot: StoredSnapshot) => this.#guard(() => this.auditor.snapshotWritten(snapshot)),
    };
    return new SimulatedLog(
      this.#disk,
      watcher,
      () => this.random.chance(0.5),
      () => this.#lose(),
    );
  }

  /** Whether something of an append gets lost, now that there is an engine to notice. */
  #lose(): Loss | null {
    if (this.#engine === null || !this.random.chance(this.#lossShare)) return null;
    this.counts.losses += 1;
    return this.random.pick(['request', 'answer']);
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#violation ??= error instanceof InvariantViolation ? error : new InvariantViolation('errors', String(error));
    }
  }
}

function codeOf(error: unknown): string {
  return isPalisadeError(error) ? error.code : String(error);
}
