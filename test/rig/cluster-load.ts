import { setTimeout as sleep } from 'node:timers/promises';
import type { Decision } from '../../src/domain/decision.ts';
import type { ClusterReport } from '../../src/ports/cluster.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import type { Append } from './appends-checker.ts';
import type { Answer } from './client.ts';
import type { RigNode } from './cluster-field.ts';
import { EventLedger, eventIdOf, sendEvent } from './event-ledger.ts';
import { disorderedEventOf, wayOf } from './events-out-of-order.ts';
import { TopicLoad } from './shuffled-topics.ts';

/** Time after which a client turns to another node, and after which it gives a call up, ms. */
const TRY_MS_MAX = 3_000;
const CALL_MS_MAX = 30_000;
const TRY_PAUSE_MS = 100;
const PAUSE_MS_MAX = 60;
/** Share of the calls that repeat an earlier one. */
const REPEATS_SHARE = 0.15;
const LATE_MS_MAX = 60_000;
const CALM_MS = 1_000;
const CALM_MS_MAX = 300_000;
const FINISH_TRIES_MAX = 50;

/** Name that begins those of the topics of a cluster which is told no other. */
const TOPIC_PREFIX = 'palisade';
const DRAIN_MS_MAX = 300_000;

/** What a node answers where machine or store are slow, whoever else comes and goes; the client comes again. */
const PUT_OFF = /ENGINE_OVERLOADED|LOG_OUTCOME_UNKNOWN|LOG_UNAVAILABLE|TRANSACTION_UNRESOLVED|ACTOR_CONFLICT/;

/** A call to a node that ended without a decision. `isCut`: without any answer. */
export type Failure = { readonly node: RigNode; readonly isCut: boolean; readonly text: string };

/**
 * Clients that send events to any node, out of order and some twice, turn to another node where one fails, and remember
 * all that they were told. Where there are brokers, some events go to a topic instead, or as well.
 */
export class ClusterLoad {
  readonly ledger = new EventLedger(disorderedEventOf);
  readonly history: Append[] = [];
  /** Answers to calls that their client had given up: how many, and how many were other than the one that counts. */
  lateAnswers = 0;
  staleWins = 0;
  /** Calls to a node that ended without a decision, but for those that it put off; one that is slow has not ended. */
  readonly failures: Failure[] = [];
  readonly #nodes: readonly RigNode[];
  readonly #random: SeededRandom;
  readonly #topics: TopicLoad | null;
  #repeats = 0;
  readonly #late = new Set<Promise<void>>();
  readonly #bodies = new Map<number, string>();
  #avoided: RigNode | null = null;
  #isRunning = false;
  #next = 0;
  #lastFailureMs = 0;

  constructor(nodes: readonly RigNode[], brokers: readonly string[], seed: number) {
    this.#nodes = nodes;
    this.#random = new SeededRandom(seed + 1);
    this.#topics = brokers.length === 0 ? null : new TopicLoad(brokers, TOPIC_PREFIX, new SeededRandom(seed + 2));
  }

  /** Messages that topics took, and calls and messages beyond the first of an event. */
  get counts(): { over_topics: number; duplicated: number } {
    const { messages = 0, repeats = 0 } = this.#topics ?? {};
    return { over_topics: messages, duplicated: this.#repeats + repeats };
  }

  /** Sends until `stop`. */
  async run(connections: number): Promise<void> {
    this.#isRunning = true;
    const client = async (): Promise<void> => {
      while (this.#isRunning) {
        const isRepeat = this.#next > 0 && this.#random.chance(REPEATS_SHARE);
        if (isRepeat) this.#repeats += 1;
        if (isRepeat) await this.#call(this.#random.integer(0, this.#next - 1));
        else await this.#bring(this.#next++);
        await sleep(this.#random.next() * PAUSE_MS_MAX);
      }
    };
    await Promise.all(Array.from({ length: connections }, client));
  }

  stop(): void {
    this.#isRunning = false;
  }

  /** Sends no new call to a node, as a load balancer does once the node says that it is not ready. */
  avoid(node: RigNode | null): void {
    this.#avoided = node;
  }

  /** Resolves when no call has failed for a second. */
  async calm(): Promise<void> {
    const untilMs = performance.now() + CALM_MS_MAX;
    const fromMs = performance.now();
    while (performance.now() - Math.max(fromMs, this.#lastFailureMs) < CALM_MS) {
      if (performance.now() > untilMs) throw new Error('Calls fail though every node is there');
      await sleep(TRY_PAUSE_MS);
    }
  }

  /** Repeats what has no answer until it has one, and waits for answers that are still under way. */
  async finish(): Promise<void> {
    for (const index of this.ledger.unknown) {
      for (let tries = 1; !(await this.#call(index)); tries++) {
        if (tries === FINISH_TRIES_MAX) throw new Error(`An event gets no answer: rig-${index}`);
      }
    }
    await Promise.race([Promise.allSettled([...this.#late]), sleep(LATE_MS_MAX, null, { ref: false })]);
    if (this.#topics !== null) await this.#settleTopics(this.#topics);
  }

  async close(): Promise<void> {
    await this.#topics?.close();
  }

  /** Brings an event in for the first time, its own way. */
  async #bring(index: number): Promise<void> {
    const way = this.#topics === null ? 'call' : wayOf(index);
    if (way === 'both') this.#repeats += 1;
    if (way !== 'call') await this.#topics?.take(index);
    if (way !== 'topic') await this.#call(index);
  }

  /** Waits until the topics are empty, and learns what was decided of their events. */
  async #settleTopics(topics: TopicLoad): Promise<void> {
    await topics.flush();
    const [node] = this.#nodes;
    if (node === undefined) return;
    const untilMs = performance.now() + DRAIN_MS_MAX;
    for (let left = 1; left > 0; await sleep(TRY_PAUSE_MS)) {
      const report: ClusterReport = JSON.parse((await node.client.get('/v1/cluster')).body);
      left = report.topics.length === 0 ? 1 : report.topics.reduce((sum, { messages }) => sum + messages, 0);
      if (performance.now() > untilMs) throw new Error(`The topics are not read to their end: ${left} messages wait`);
    }
    for (const [index, startMs] of topics.sentAtMs) {
      const event = disorderedEventOf(index);
      if (event.type === 'login') {
        this.ledger.answered(index, '', false);
        continue;
      }
      const { status, body } = await node.client.get(`/v1/authorizations/${eventIdOf(event)}`);
      if (status === 200) this.#told(index, body, startMs, false);
      else this.ledger.missed(index);
    }
  }

  /** One call as a client makes it: answers whether it was answered in time. */
  async #call(index: number): Promise<boolean> {
    const startMs = performance.now();
    const first = this.#random.integer(0, this.#nodes.length - 1);
    this.ledger.sent(index);
    for (let tries = 0; performance.now() - startMs < CALL_MS_MAX; tries++) {
      const node = this.#nodes[(first + tries) % this.#nodes.length];
      if (node === undefined || node === this.#avoided) continue;
      const body = await this.#try(node, index, startMs);
      if (body !== null) {
        this.#told(index, body, startMs, true);
        return true;
      }
      await sleep(TRY_PAUSE_MS);
    }
    this.#remember(index, startMs, Number.POSITIVE_INFINITY, null);
    return false;
  }

  /** The body of the decision; null where there is none in time. */
  async #try(node: RigNode, index: number, startMs: number): Promise<string | null> {
    const answering = sendEvent(node.client, disorderedEventOf(index)).catch(() => null);
    const answer = await Promise.race([answering, sleep(TRY_MS_MAX, undefined)]);
    if (answer?.status === 200) return answer.body;
    this.#lastFailureMs = performance.now();
    if (answer === undefined) this.#listen(answering, node, index, startMs);
    else this.#failed(node, index, answer);
    return null;
  }

  /** Hears what a node says after its client has turned elsewhere. */
  #listen(answering: Promise<Answer | null>, node: RigNode, index: number, startMs: number): void {
    const heard = answering.then((answer) => {
      this.#late.delete(heard);
      if (answer?.status !== 200) {
        this.#failed(node, index, answer);
        return;
      }
      this.lateAnswers += 1;
      const counted = this.#bodies.get(index);
      if (counted !== undefined && counted !== answer.body) this.staleWins += 1;
      this.#told(index, answer.body, startMs, false);
    });
    this.#late.add(heard);
  }

  #failed(node: RigNode, index: number, answer: Answer | null): void {
    if (answer !== null && PUT_OFF.test(answer.body)) return;
    const why = answer === null ? 'its connection ended' : `${answer.status} ${answer.body}`;
    this.failures.push({ node, isCut: answer === null, text: `rig-${index} at ${node.name}: ${why}` });
  }

  #told(index: number, body: string, startMs: number, isInTime: boolean): void {
    this.ledger.answered(index, body, isInTime);
    if (!this.#bodies.has(index)) this.#bodies.set(index, body);
    const decision: Decision | null = body === '' ? null : JSON.parse(body);
    this.#remember(index, startMs, performance.now(), decision?.revisions.card ?? null);
  }

  #remember(index: number, startMs: number, endMs: number, place: number | null): void {
    const event = disorderedEventOf(index);
    // A login has no card, and an answer without a place.
    if (event.type === 'login') return;
    this.history.push({ key: event.cardId, item: event.transactionId, startMs, endMs, place });
  }
}
