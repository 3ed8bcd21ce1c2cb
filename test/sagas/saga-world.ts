import assert from 'node:assert/strict';
import { MemorySagaIndex } from '../../src/adapters/memory/memory-saga-index.ts';
import { createMemoryEventLog, type MemoryEventLog } from '../../src/adapters/memory/mod.ts';
import type { SagaData } from '../../src/domain/sagas.ts';
import type { OutboundAnswer, OutboundCommand } from '../../src/ports/outbound.ts';
import type { SagaOrder, SagaReport, SagaStart } from '../../src/ports/saga-door.ts';
import type { ResponseMap } from '../../src/runtime/sagas/asking-facts.ts';
import type { LaneSettings } from '../../src/runtime/sagas/endpoint-lane.ts';
import { openSagaRig, type SagaRig } from '../support/saga-rig.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';

/** What becomes of the first reply to each effect, and of its confirmation. */
export const REPLIES = ['prompt', 'lost', 'duplicated', 'delayed', 'late'] as const;
export type Reply = (typeof REPLIES)[number];

/** Where a life of the runner ends: before or after the n-th append is durable, or the n-th effect is carried out. */
export type Crash = { readonly at: number; readonly isDurable: boolean };

/** Receivers that confirm by callback. */
const CONFIRMING = ['card-processor', 'identity-provider'];
const TIMEOUT_MS = 15_000;
/** Beyond every deadline of a confirmation. */
const LATE_MS = 150_000;
const ENDPOINTS = [
  'engine',
  'card-processor',
  'identity-provider',
  'notifier',
  'cases',
  'authenticator',
  'ledger',
  'edge',
  'pager',
];

export type WorldOptions = {
  readonly reply: Reply;
  readonly crash: Crash | null;
  readonly responses?: Partial<ResponseMap>;
  readonly options?: ReadonlyMap<string, SagaData>;
  /** Whether the index is gone after the crash. */
  readonly losesIndex?: boolean;
  readonly lane?: Partial<LaneSettings>;
};

const UP: OutboundAnswer = { outcome: 'confirmed', code: 200, detail: '', pauseMs: 0 };
const CUT: OutboundAnswer = { outcome: 'failed', code: 0, detail: 'no answer', pauseMs: 0 };

/**
 * A runner and the world that it acts on, under a clock that stands still: receivers that deduplicate by id, replies
 * that are lost, doubled or late, and a crash at any boundary. People and writers try again, as real ones do.
 */
export class SagaWorld {
  readonly clock = new SimulatedClock();
  /** Effects that were carried out, in order: each id once. */
  readonly carriedOut: OutboundCommand[] = [];
  readonly attempts: OutboundCommand[] = [];
  /** Cards that are frozen at the processor. */
  readonly frozen = new Set<string>();
  readonly unfrozen: string[] = [];
  /** Boundaries that were passed. */
  boundaries = 0;
  crashes = 0;
  /** Endpoints that are down. */
  readonly down = new Set<string>();
  readonly #options: WorldOptions;
  readonly #seen = new Map<string, number>();
  readonly #sequences = new Map<string, number>();
  #index = new MemorySagaIndex();
  #log: MemoryEventLog;
  #rig: SagaRig | null = null;
  #life = 0;
  #isCrashing = false;

  constructor(options: WorldOptions) {
    this.#options = options;
    // What a crash keeps of the appends under way: all or none of them.
    const random = { next: () => (options.crash?.isDurable === true ? 0.999 : 0), id: () => '' };
    this.#log = createMemoryEventLog({ beforeCommit: () => (this.#passes() ? 'commit' : 'hold'), random });
  }

  get rig(): SagaRig {
    return this.#rig ?? assert.fail('the world is not open');
  }

  async open(): Promise<void> {
    const life = ++this.#life;
    const { responses, options, lane } = this.#options;
    this.#rig = await openSagaRig({
      log: this.#log,
      index: this.#index,
      clock: this.clock,
      outbound: { deliver: (command) => this.#deliver(command, life) },
      endpoints: ENDPOINTS,
      seed: life,
      ...(responses === undefined ? {} : { responses }),
      ...(options === undefined ? {} : { options }),
      ...(lane === undefined ? {} : { lane }),
    });
  }

  /** Lets time pass, and starts anew whenever a crash has come. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.settle();
  }

  async settle(): Promise<void> {
    await turns();
    if (!this.#isCrashing) return;
    this.#isCrashing = false;
    this.crashes += 1;
    this.#life += 1;
    this.clock.forgetTimers();
    this.#log = this.#log.crash();
    if (this.#options.losesIndex === true) this.#index = new MemorySagaIndex();
    await turns();
    await this.open();
    await turns();
  }

  /** Appends a fact until it is there, as an engine does whose caller tries again. */
  async happens(append: (rig: SagaRig) => Promise<unknown>): Promise<void> {
    await this.#untilDone((rig) => append(rig));
  }

  /** A person starts a saga, again and again until it is acknowledged. */
  async start(request: SagaStart): Promise<void> {
    await this.#untilDone((rig) => rig.runner.start(request));
  }

  /** A person gives a command until it is acknowledged, or refused as it was heard the first time. */
  async order(order: SagaOrder): Promise<void> {
    await this.#untilDone((rig) => rig.runner.order(order));
  }

  /** Lets time pass until a saga has nothing left to do; fails after `maxMs`. */
  async ends(kind: string, id: string, maxMs: number): Promise<SagaReport> {
    const fromMs = this.clock.monotonicMs();
    for (let step = 0; ; step++) {
      const report = await this.rig.runner.read(kind, id);
      if (report !== null && !report.row.isOpen) return report;
      const passedMs = this.clock.monotonicMs() - fromMs;
      assert.ok(passedMs <= maxMs, `${kind} ${id} does not end: ${JSON.stringify(report?.row)} ${this.rig.warnings}`);
      await this.pass(step < 4 ? 500 : Math.min(30_000, maxMs / 40));
    }
  }

  async #untilDone(act: (rig: SagaRig) => Promise<unknown>): Promise<void> {
    for (let tries = 0; tries < 5; tries++) {
      let isDone = false;
      act(this.rig).then(
        () => {
          isDone = true;
        },
        (error: unknown) => {
          isDone = error instanceof Error && 'code' in error && error.code !== 'LOG_FAILED';
        },
      );
      await this.settle();
      if (isDone) return;
    }
    assert.fail('what happened was never acknowledged');
  }

  /** Passes a boundary; false where life ends at it. */
  #passes(): boolean {
    if (this.#isCrashing) return false;
    if (this.#rig === null) return true;
    this.boundaries += 1;
    if (this.boundaries !== this.#options.crash?.at) return true;
    this.#isCrashing = true;
    return false;
  }

  #deliver(command: OutboundCommand, life: number): Promise<OutboundAnswer> {
    const never = new Promise<OutboundAnswer>(() => {});
    if (life !== this.#life) return never;
    if (this.down.has(command.endpoint)) return Promise.resolve(CUT);
    const isAlive = this.#passes();
    this.attempts.push(command);
    if (isAlive || this.#options.crash?.isDurable === true) return this.#receive(command, isAlive, never);
    return never;
  }

  #receive(command: OutboundCommand, isAlive: boolean, never: Promise<OutboundAnswer>): Promise<OutboundAnswer> {
    const times = (this.#seen.get(command.effectId) ?? 0) + 1;
    this.#seen.set(command.effectId, times);
    if (times === 1) this.#carryOut(command);
    if (!isAlive) return never;
    const reply = times === 1 ? this.#options.reply : 'prompt';
    const confirms = CONFIRMING.includes(command.endpoint);
    if (confirms) this.#confirm(command, reply);
    const answer: OutboundAnswer = confirms ? { ...UP, outcome: 'accepted', code: 202 } : UP;
    if (reply === 'lost') return Promise.resolve(CUT);
    if (reply !== 'delayed') return Promise.resolve(answer);
    return new Promise((resolve) => this.clock.schedule(TIMEOUT_MS, () => resolve(CUT)));
  }

  #confirm({ endpoint, effectId }: OutboundCommand, reply: Reply): void {
    if (reply === 'lost') return;
    const say = (): void => {
      if (this.#isCrashing) return;
      void this.rig.runner.confirm({ endpoint, effectId, succeeded: true, detail: '' }).catch(() => {});
    };
    const afterMs = reply === 'late' ? LATE_MS : 1;
    this.clock.schedule(afterMs, say);
    if (reply === 'duplicated') this.clock.schedule(afterMs, say);
  }

  #carryOut(command: OutboundCommand): void {
    this.carriedOut.push(command);
    const { type, body } = command;
    if (type !== 'card.freeze' && type !== 'card.unfreeze') return;
    const cardId = String(body.cardId);
    const sequence = Number(body.sequence);
    if (sequence < (this.#sequences.get(cardId) ?? -1)) return;
    this.#sequences.set(cardId, sequence);
    if (type === 'card.freeze') this.frozen.add(cardId);
    else {
      this.frozen.delete(cardId);
      this.unfrozen.push(cardId);
    }
  }
}

/** Lets everything happen that waits for nothing. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
}
