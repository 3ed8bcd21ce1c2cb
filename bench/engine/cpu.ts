import { DEFAULT_ENGINE_SETTINGS } from '../../src/cli/engine-server.ts';
import { ACTOR_DEFINITIONS } from '../../src/cli/entity-actors.ts';
import { encodeDecision, encodeTransactionDecided, parseTransaction } from '../../src/codec/mod.ts';
import type { Transaction } from '../../src/domain/events.ts';
import type { RecordDraft } from '../../src/ports/event-log.ts';
import { ListIndex, parseRuleset, SuppressionIndex } from '../../src/rules/mod.ts';
import type { ActorSlot } from '../../src/runtime/actor-slot.ts';
import { createActorSystem } from '../../src/runtime/actor-system.ts';
import { acquireEntities } from '../../src/runtime/authorize-work.ts';
import { Host } from '../../src/runtime/host.ts';
import { Program } from '../../src/runtime/program.ts';
import { type Figure, figure } from '../figures.ts';
import { ordinaryStepMs, paymentText, randomNumbers } from '../payments.ts';
import type { SuiteOptions } from '../suite.ts';
import { type EngineHarness, openHarness, pour, temporaryFolder } from './harness.ts';

const CARDS = 5_000;
const CONCURRENCY = 64;

/** CPU of the main thread per authorization without HTTP, whole and in parts. */
export async function measureCpu({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 3 : 15;
  const perRun = quick ? 3_000 : 10_000;
  const folder = await temporaryFolder();
  const harness = await openHarness(folder.path);
  try {
    const random = randomNumbers(7);
    let sent = 0;
    const textOf = (): string => paymentText(sent++, Math.floor(random() * CARDS), 'cpu', ordinaryStepMs(CARDS));
    // Every card is made live, and the compiler sees what it will see.
    await pour(harness.engine, CARDS * 6, CONCURRENCY, textOf);
    const whole: number[] = [];
    const parts = new Map<string, number[]>();
    for (let run = 0; run < runs; run++) {
      whole.push(await pour(harness.engine, perRun, CONCURRENCY, textOf));
      for (const [name, cost] of await measureParts(harness, perRun)) {
        parts.set(name, [...(parts.get(name) ?? []), cost]);
      }
      note(`  run ${run + 1} of ${runs}: ${whole.at(-1)?.toFixed(1)} µs`);
    }
    return [
      figure('cpu_us_per_authorization', 'main thread, without HTTP, default ruleset', 'µs', whole, '<= 40'),
      ...[...parts].map(([name, samples]) => figure(`cpu_us_${name}`, 'that part alone, in a loop', 'µs', samples)),
    ];
  } finally {
    await harness.close();
    await folder.remove();
  }
}

function timed(count: number, step: (index: number) => void): number {
  const before = process.threadCpuUsage();
  for (let index = 0; index < count; index++) step(index);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / count;
}

let partRun = 0;

async function measureParts({ engine, log }: EngineHarness, count: number): Promise<[string, number][]> {
  partRun += 1;
  const parsed = parseRuleset(engine.ruleset().text);
  if (!parsed.ok) throw new Error('The ruleset in force does not parse');
  const program = new Program(parsed.ruleset, ACTOR_DEFINITIONS, new ListIndex(), new SuppressionIndex());
  const host = new Host(log, createActorSystem(), program, DEFAULT_ENGINE_SETTINGS);
  const texts = Array.from({ length: count }, (_, index) =>
    paymentText(index, index % 200, `part${partRun}`, ordinaryStepMs(200)),
  );
  const transactions: Transaction[] = [];
  const costs: [string, number][] = [];
  const nowMs = Date.now();
  costs.push(['parse', timed(count, (index) => transactions.push(parseTransaction(texts[index] ?? '', nowMs)))]);
  for (const transaction of transactions) acquireEntities(transaction, host);
  while ([...host.directory.slots()].some(({ live }) => live === null))
    await new Promise((done) => setTimeout(done, 5));
  const slots: ActorSlot[][] = [];
  costs.push([
    'activate',
    timed(count, (index) => slots.push(acquireEntities(transactionAt(transactions, index), host))),
  ]);
  const views = transactions.map((transaction) => program.viewOf(transaction));
  const viewCost = timed(count, (index) => program.viewOf(transactionAt(transactions, index)));
  const observeCost = timed(count, (index) => {
    const view = views[index];
    if (view !== undefined) program.observe(view, slots[index] ?? []);
  });
  costs.push(['windows', viewCost + observeCost]);
  const [view] = views;
  if (view === undefined) throw new Error('There is no payment to measure with');
  costs.push(['rules', timed(count, () => program.assess(view))]);
  const assessment = program.assess(view);
  const bodies: string[] = [];
  const encode = timed(count, (index) => {
    const revisions = { card: index, account: index, device: index, merchant: index, ip: index };
    const decision = program.decide(`part-${index}`, assessment, revisions, '2026-01-05T00:00:00.000Z');
    bodies.push(encodeTransactionDecided(texts[index] ?? '', encodeDecision(decision), program.features));
  });
  costs.push(['encode', encode]);
  costs.push(['log', await measureLog(log, bodies)]);
  return costs;
}

function transactionAt(transactions: readonly Transaction[], index: number): Transaction {
  const transaction = transactions[index];
  if (transaction === undefined) throw new Error(`There is no payment ${index}`);
  return transaction;
}

/** What the main thread spends on appending one record with five streams, and on hearing that it is durable. */
async function measureLog(log: EngineHarness['log'], bodies: readonly string[]): Promise<number> {
  const drafts = bodies.map((body, index): RecordDraft => {
    const streams = ['card', 'account', 'device', 'merchant', 'ip'].map((kind) => ({
      stream: `${kind}-log-${partRun}-${index}`,
      expectedRevision: -1,
    }));
    return { recordId: `log-${partRun}-${index}`, type: 'TransactionDecided', body, streams };
  });
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let draft = drafts[next++]; draft !== undefined; draft = drafts[next++]) await log.append(draft);
  };
  const before = process.threadCpuUsage();
  await Promise.all(Array.from({ length: CONCURRENCY }, lane));
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / drafts.length;
}
