import type { SideEvent, Transaction } from '../../src/domain/events.ts';
import { hash53 } from '../../src/domain/hash.ts';
import type { ListEntry } from '../../src/domain/lists.ts';
import type { Weighted } from '../support/seeded-random.ts';
import { sendBadChange, sendBadInput } from './bad-input.ts';
import { hold, InvariantViolation } from './invariant-violation.ts';
import { changedTransaction, POPULATION, randomSideEvent, randomTransaction, respelled } from './random-traffic.ts';
import { RULESET_VARIANTS } from './ruleset-variants.ts';
import { checkSettled } from './settled-checks.ts';
import { type Plant, SimulatedWorld } from './simulated-world.ts';

export type SimulationOptions = { readonly seed: number; readonly steps: number; readonly plant?: Plant };

export type SimulationResult = {
  readonly seed: number;
  readonly violation: InvariantViolation | null;
  readonly trace: readonly string[];
  readonly traceHash: string;
  readonly submitted: number;
  readonly answered: number;
  readonly counts: Readonly<Record<string, number>>;
};

type Act = (traffic: Traffic) => void | Promise<void>;

/** Share of its commands that each simulation has to see answered, whatever its mixture of faults. */
const ANSWERED_SHARE_MIN = 0.3;

/** What the clients of one simulation have sent so far. */
class Traffic {
  readonly world: SimulatedWorld;
  readonly sent: Transaction[] = [];
  readonly events: SideEvent[] = [];

  constructor(world: SimulatedWorld) {
    this.world = world;
  }

  authorize(transaction: Transaction, text = JSON.stringify(transaction)): void {
    const { world } = this;
    const deadlineMs = world.random.weighted([
      [1000, 6],
      [250, 4],
      [40, 2],
      [8, 0.5],
    ]);
    world.note(`authorize ${transaction.transactionId} ${hash53(text)} within ${deadlineMs}`);
    this.sent.push(transaction);
    world.authorize({ transaction, text, receivedAtMs: world.clock.monotonicMs(), deadlineMs });
  }

  recordEvent(event: SideEvent): void {
    this.world.note(`record ${event.eventId}`);
    this.events.push(event);
    this.world.record({ event, text: JSON.stringify(event) });
  }
}

function nowMs({ world }: Traffic): number {
  return world.clock.nowMs();
}

const authorizeNew: Act = (traffic) => {
  const { world } = traffic;
  traffic.authorize(randomTransaction(world.random, `t${traffic.sent.length}`, nowMs(traffic)));
};

/** A retry: now, much later, after a crash; as it was, spelled otherwise, or with another body. */
const authorizeAgain: Act = (traffic) => {
  const { world, sent } = traffic;
  if (sent.length === 0) return;
  const { random } = world;
  const transaction = random.chance(0.4) ? (sent.at(-random.integer(1, 3)) ?? random.pick(sent)) : random.pick(sent);
  const first = transaction;
  if (random.chance(0.2)) traffic.authorize(changedTransaction(random, first));
  else traffic.authorize(first, random.chance(0.3) ? respelled(first) : JSON.stringify(first));
};

const recordEvent: Act = (traffic) => {
  const { world, events } = traffic;
  const { random } = world;
  if (events.length === 0 || random.chance(0.7)) {
    traffic.recordEvent(randomSideEvent(random, `e${events.length}`, nowMs(traffic)));
    return;
  }
  const earlier = random.pick(events);
  traffic.recordEvent(random.chance(0.8) ? earlier : randomSideEvent(random, earlier.eventId, nowMs(traffic)));
};

const changeLists: Act = ({ world }) => {
  const { random, engine, registry } = world;
  if (registry.pendingCount > 3) return;
  const list = random.pick(['block', 'allow', 'watch'] as const);
  const entry: ListEntry = { list, kind: 'card', value: random.pick(POPULATION.card), expiresAtMs: null, note: '' };
  const untilMs = world.clock.nowMs() + 60_000;
  const suppression = { ruleId: 'burst', kind: 'card', id: entry.value, untilMs, note: '' };
  switch (random.integer(0, 3)) {
    case 0:
      world.change({ type: 'set', entry }, engine.setListEntry(entry));
      return;
    case 1:
      world.change({ type: 'remove', entry }, engine.removeListEntry(list, 'card', entry.value));
      return;
    case 2:
      world.change({ type: 'suppress', suppression }, engine.setSuppression(suppression));
      return;
    default:
      world.change({ type: 'unsuppress', suppression }, engine.removeSuppression('burst', 'card', entry.value));
  }
};

const publish: Act = ({ world }) => {
  if (world.registry.pendingCount > 0) return;
  const { text, version } = world.random.pick(RULESET_VARIANTS);
  world.counts.publications += 1;
  world.change({ type: 'publish', version }, world.engine.publishRuleset(text));
};

const look: Act = ({ world }) => {
  const { random, engine, ledger, auditor } = world;
  const entries = [...ledger.entries.values()];
  if (entries.length > 0 && random.chance(0.6)) {
    const entry = random.pick(entries);
    const { told } = entry;
    world.call(`find ${entry.transactionId}`, engine.findDecision(entry.transactionId), (body) => {
      if (body !== null) ledger.shown(entry, body, null);
      hold('I1', body !== null || told === null, () => `${entry.transactionId} is not found`);
    });
    return;
  }
  const kind = random.pick(['card', 'account', 'device', 'merchant', 'ip'] as const);
  const id = random.pick(POPULATION[kind]);
  const durable = (auditor.streams.get(`${kind}-${id}`)?.length ?? 0) - 1;
  const due = world.freezes.dueRevision(`${kind}-${id}`);
  world.call(`read ${kind}-${id}`, engine.readEntity(kind, id), (report) => {
    world.freezes.shown(`${kind}-${id}`, report, due);
    const isBehind = (report?.revision ?? -1) < durable && world.counts.rivals === 0;
    hold('I4', !isBehind, () => `${kind}-${id} reads revision ${report?.revision}, ${durable} was durable before`);
  });
};

const failLog: Act = async ({ world }) => {
  world.isFailed = true;
  world.counts.failures += 1;
  world.note('the log fails for good');
  if (world.random.chance(0.5)) world.commit();
  world.log.failForGood();
  await world.turn();
  hold('errors', !world.engine.readiness().ready, () => 'the engine is ready without a log');
  world.clock.advance(world.random.integer(0, 2000));
  await world.turn();
  await world.crash();
};

/** A graceful end: what is under way is answered, nothing new is taken, and the next engine goes on. */
const drain: Act = async ({ world }) => {
  world.isDraining = true;
  world.note('drain');
  let isDrained = false;
  world.engine.drain().then(
    () => {
      isDrained = true;
    },
    () => {},
  );
  await world.settle();
  hold('liveness', isDrained, () => 'the drain does not end');
  hold('I1', world.registry.pendingCount === 0, () => 'a change of the lists outlived the drain');
  await world.crash();
};

const deliverSome: Act = async ({ world }) => {
  for (let left = world.random.integer(1, 8); left > 0; left--) await world.deliverOne();
};

const advance: Act = ({ world }) => {
  const ms = world.random.weighted([
    [world.random.integer(1, 6), 8],
    [world.random.integer(7, 60), 3],
    [1500, 0.3],
    [90_000, 0.2],
  ]);
  world.clock.advance(ms);
};

/** How often each act is chosen. A seed draws its own mixture of faults. */
function actsOf(world: SimulatedWorld): Weighted<Act> {
  const { random } = world;
  const faults = random.pick([0.3, 1, 2]);
  return [
    [authorizeNew, 18],
    [authorizeAgain, 6],
    [recordEvent, 6],
    [({ world: { commit } }) => commit.call(world), 14],
    [deliverSome, random.pick([30, 60])],
    [advance, 10],
    [changeLists, 1.5],
    [publish, 0.8],
    [look, 3],
    [({ world }) => sendBadInput(world), 1.5],
    [({ world }) => sendBadChange(world), 0.5],
    [() => world.rival(), random.pick([0, 1, 3])],
    [() => world.crash(), faults],
    [failLog, faults * 0.2],
    [drain, faults * 0.2],
  ];
}

/** Runs one simulation. The same options give the same trace; a violation is answered, never thrown. */
export async function simulate({ seed, steps, plant = {} }: SimulationOptions): Promise<SimulationResult> {
  const world = new SimulatedWorld(seed, plant);
  let violation: InvariantViolation | null = null;
  try {
    await world.start();
    const traffic = new Traffic(world);
    const acts = actsOf(world);
    for (let step = 0; step < steps; step++) {
      await world.random.weighted(acts)(traffic);
      await world.turn();
      world.checkStep();
    }
    world.note('faults are over');
    await world.settle();
    await checkSettled(world);
    const { submitted, answered, conflicts } = world.ledger.counts;
    const due = submitted - conflicts;
    hold('success', answered >= due * ANSWERED_SHARE_MIN, () => `only ${answered} of ${due} commands were answered`);
  } catch (error) {
    violation = error instanceof InvariantViolation ? error : new InvariantViolation('errors', String(error));
    world.note(violation.message);
  }
  const { counts, submitted, answered } = { counts: world.counts, ...world.ledger.counts };
  const { decisionsChecked: decisions, snapshotsChecked: snapshots, revisionsChecked: revisions } = world.auditor;
  const checked = { decisions, snapshots, revisions, freezes: world.freezes.checked };
  const { trace, traceHash, ledger } = world;
  return {
    seed,
    violation,
    trace,
    traceHash,
    submitted,
    answered,
    counts: { ...ledger.counts, ...counts, ...checked },
  };
}

/** A failure for the reader: which seed repeats it, and what came last. */
export function failureText({ seed, violation, trace }: SimulationResult, steps: number): string {
  return [
    `seed ${seed} breaks ${violation?.message}`,
    `Repeat it: SEED=${seed} npm test, or node test/simulation/main.ts --seed ${seed} --steps ${steps}`,
    'The last steps:',
    ...trace.slice(-40).map((line) => `  ${line}`),
  ].join('\n');
}
