import { readFileSync } from 'node:fs';
import { exampleFile } from '../../examples/kit/example.ts';
import type { Door } from '../../examples/kit/findings.ts';
import { createMemoryReadStore } from '../../src/adapters/memory/memory-read-store.ts';
import { createMemoryEventLog } from '../../src/adapters/memory/mod.ts';
import { decodeFact, parseSideEvent, parseTransaction } from '../../src/codec/mod.ts';
import type { Fact } from '../../src/domain/records.ts';
import type { ViewReport } from '../../src/ports/projections.ts';
import { type ActorEngine, createEngine } from '../../src/runtime/actor-engine.ts';
import { DerivedFacts } from '../../src/runtime/derived-facts.ts';
import { ProjectionRunner } from '../../src/runtime/projection-runner.ts';
import { RulesetProjections } from '../../src/runtime/views/ruleset-projections.ts';
import { ViewQueries } from '../../src/runtime/views/view-queries.ts';
import { ACTOR_DEFINITIONS } from '../support/actor-definitions.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';

const SETTINGS = {
  residentMax: 10_000,
  mailboxDepthMax: 100,
  rehydrationsMax: 16,
  snapshotEveryEvents: 1000,
  commandsMax: 1000,
  recentMax: 10_000,
} as const;
const BATCH_RECORDS = 500;
const ROWS_MAX = 10_000;

/** An engine with its views over a log in memory, which runs the ruleset of an example. */
export type InProcess = Door & {
  readonly engine: ActorEngine;
  views(): Promise<readonly ViewReport[]>;
  /** Facts of a type that the log holds. */
  facts<Type extends Fact['type']>(type: Type): Promise<readonly Extract<Fact, { readonly type: Type }>[]>;
};

/** Starts the engine of an example. Events go through the codec, as they do over HTTP. */
export async function startInProcess(name: string): Promise<InProcess> {
  const log = createMemoryEventLog();
  const clock = new SimulatedClock();
  const engine = await createEngine({
    log,
    clock,
    random: new SeededRandom(1),
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    definitions: ACTOR_DEFINITIONS,
    settings: SETTINGS,
    rulesetText: readFileSync(exampleFile(name, 'ruleset.yaml'), 'utf8'),
    fallbackRulesetText: '',
  });
  const declared = new RulesetProjections();
  const facts = new DerivedFacts(log, clock);
  let failure: Error | null = null;
  const runner = new ProjectionRunner({
    store: createMemoryReadStore(),
    readAll: (after, maxCount) => log.readAll(after, maxCount),
    projectionsOf: (ruleset) => declared.of(ruleset),
    append: (entries) => facts.append(entries),
    failed: (error) => {
      failure = error;
    },
  });
  runner.start();
  const queries = new ViewQueries(runner, declared);

  const follow = async (): Promise<void> => {
    while (failure === null && runner.position < log.statistics().headPosition) {
      await runner.apply(await log.readAll(runner.position, BATCH_RECORDS));
      await runner.settled();
    }
    if (failure !== null) throw failure;
  };

  return {
    engine,
    async send(event) {
      const text = JSON.stringify(event);
      if (event.type in SIDE_EVENTS) {
        const { alerts, repeated } = await engine.record(parseSideEvent(text, clock.nowMs()));
        return { codes: alerts, repeated };
      }
      const transaction = parseTransaction(text, clock.nowMs());
      const command = { transaction, text, receivedAtMs: clock.monotonicMs(), deadlineMs: 1000 };
      const { body, repeated } = await engine.authorize(command);
      const decision: { readonly reasons: readonly { readonly code: string }[] } = JSON.parse(body);
      return { codes: decision.reasons.map(({ code }) => code), repeated };
    },
    async rows(view) {
      await follow();
      const query = { view, limit: ROWS_MAX, cursor: null, equal: {}, fromMs: null, toMs: null };
      const page = queries.rows(query);
      if (page === null) throw new Error(`there is no view ${view}`);
      return page.rows;
    },
    async views() {
      await follow();
      return queries.views();
    },
    async facts(type) {
      await follow();
      const isWanted = (fact: Fact): fact is Extract<Fact, { readonly type: typeof type }> => fact.type === type;
      const records = await log.readAll(0, log.statistics().headPosition);
      return records.map((record) => decodeFact(record.type, record.body)).filter(isWanted);
    },
  };
}

const SIDE_EVENTS = { login: true, signal: true, reference: true, label: true, table_row: true, metric: true };
