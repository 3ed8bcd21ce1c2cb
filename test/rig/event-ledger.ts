import type { Decision } from '../../src/domain/decision.ts';
import { ENTITY_KINDS, type EntityKind } from '../../src/domain/entities.ts';
import { parseRuleset } from '../../src/rules/mod.ts';
import type { Answer, RigClient } from './client.ts';
import { type EventOf, pathOf } from './events-under-kill.ts';
import { entityIdOf, expectedValues, isCheckable, type Settled } from './window-oracle.ts';

/** Reads that are under way at a time. */
const READERS = 8;

/** What a ledger found when it was held against what servers say. */
export type LedgerFindings = {
  acknowledged: number;
  /** Acknowledged decisions that were not there afterwards. */
  lost: number;
  /** Events that an entity counts more often, or less often, than it should. */
  doubled: number;
  /** Acknowledged decisions whose retry gave other bytes. */
  changed: number;
  /** Window values that differ from the oracle's. */
  differences: number;
  success_share: number;
  windows_checked: number;
};

/** Sends an event; the body of the answer to a login, which is another the second time, is left out. */
export async function sendEvent(client: RigClient, event: ReturnType<EventOf>): Promise<Answer> {
  const { status, body } = await client.post(pathOf(event), JSON.stringify(event));
  return { status, body: event.type === 'login' && status === 200 ? '' : body };
}

/** Id of an event, whatever it is. */
export function eventIdOf(event: ReturnType<EventOf>): string {
  return event.type === 'login' ? event.eventId : event.transactionId;
}

/** Does something for each of many, a few at a time. */
async function inTurns<Item>(items: readonly Item[], act: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: READERS }, worker));
}

/** What clients were told, to be held against what the servers say afterwards. */
export class EventLedger {
  /** Bodies of decisions; of a login ''. */
  readonly #acknowledged = new Map<number, string>();
  /** Sent without an answer: may or may not have been decided. */
  readonly #unknown = new Set<number>();
  readonly findings: LedgerFindings = {
    acknowledged: 0,
    lost: 0,
    doubled: 0,
    changed: 0,
    differences: 0,
    success_share: 0,
    windows_checked: 0,
  };
  readonly #eventOf: EventOf;
  #attempts = 0;
  #successes = 0;

  constructor(eventOf: EventOf) {
    this.#eventOf = eventOf;
  }

  /** Events that were sent and have no answer. */
  get unknown(): readonly number[] {
    return [...this.#unknown];
  }

  /** Events that were answered, the first first. */
  get known(): readonly number[] {
    return [...this.#acknowledged.keys()];
  }

  /** Counts an event that is sent. */
  sent(index: number): void {
    this.#attempts += 1;
    if (!this.#acknowledged.has(index)) this.#unknown.add(index);
    this.#summarize();
  }

  /** Takes back that an event was sent: the server shed it, as a slow machine does with any. */
  shed(): void {
    this.#attempts -= 1;
    this.#summarize();
  }

  /** Takes an answer in time, or one that comes when nobody waits any more. */
  answered(index: number, body: string, isInTime: boolean): void {
    if (isInTime) this.#successes += 1;
    this.#unknown.delete(index);
    const before = this.#acknowledged.get(index);
    if (before === undefined) this.#acknowledged.set(index, body);
    else if (before !== body) {
      this.findings.changed += 1;
      process.stderr.write(`rig-${index} was answered ${body}, and ${before} before\n`);
    }
    this.#summarize();
  }

  /** Counts an event that was taken for good, and is not there. */
  missed(index: number): void {
    this.findings.lost += 1;
    process.stderr.write(`rig-${index} was taken by its topic, and is not there\n`);
  }

  /** Asks for every decision, and holds every window against the oracle; `leftOut` are in none of them. */
  async verify(client: RigClient, leftOut: ReadonlySet<string> = new Set()): Promise<void> {
    const settled: Settled[] = [];
    const payments: (readonly [id: string, body: string])[] = [];
    for (const [index, body] of this.#acknowledged) {
      const event = this.#eventOf(index);
      if (event.type !== 'login') payments.push([event.transactionId, body]);
      const decision: Decision | null = event.type === 'login' ? null : JSON.parse(body);
      settled.push({ event, decision });
    }
    await inTurns(payments, ([id, body]) => this.#verifyDecision(client, id, body));
    for (const kind of ENTITY_KINDS) await this.#verifyKind(client, kind, settled, leftOut);
  }

  async #verifyDecision(client: RigClient, id: string, body: string): Promise<void> {
    const found = await client.get(`/v1/authorizations/${id}`);
    if (found.status === 404) this.findings.lost += 1;
    else if (found.body !== body) {
      this.findings.changed += 1;
      process.stderr.write(`${id} is ${found.status} ${found.body}, and its client was told ${body}\n`);
    }
  }

  async #verifyKind(
    client: RigClient,
    kind: EntityKind,
    settled: readonly Settled[],
    leftOut: ReadonlySet<string>,
  ): Promise<void> {
    const ruleset: { text: string } = JSON.parse((await client.get('/v1/ruleset')).body);
    const parsed = parseRuleset(ruleset.text);
    if (!parsed.ok) throw new Error('The ruleset of the server does not parse');
    const specs = parsed.ruleset.features.filter((spec) => spec.by === kind && isCheckable(spec));
    const byId = Map.groupBy(settled, ({ event }) => entityIdOf(event, kind));
    byId.delete('');
    await inTurns([...byId], async ([id, own]) => {
      const answer = await client.get(`/v1/${kind}s/${encodeURIComponent(id)}`);
      const entity: { revision: number; windows: Record<string, number> } = JSON.parse(answer.body);
      this.findings.doubled += Math.abs(entity.revision + 1 - own.length);
      const counted = own.filter(({ event }) => !leftOut.has(eventIdOf(event)));
      if (counted.length === 0) return;
      for (const spec of specs) {
        const expected = expectedValues(spec, counted);
        const actual = entity.windows[spec.name] ?? Number.NaN;
        this.findings.windows_checked += 1;
        if (expected.some((value) => Math.abs(actual - value) <= 1e-6 * Math.max(1, Math.abs(value)))) continue;
        this.findings.differences += 1;
        process.stderr.write(`${kind} ${id} ${spec.name}: ${actual}, and the oracle says ${expected.join(' or ')}\n`);
      }
    });
  }

  #summarize(): void {
    this.findings.acknowledged = this.#acknowledged.size;
    this.findings.success_share = this.#attempts === 0 ? 0 : this.#successes / this.#attempts;
  }
}
