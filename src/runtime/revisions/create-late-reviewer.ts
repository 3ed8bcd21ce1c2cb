import type { ActorKind } from '../../domain/entities.ts';
import { streamOf } from '../../domain/entities.ts';
import type { EntityProfile } from '../../domain/profile.ts';
import type { CheckpointStore } from '../../ports/checkpoint-store.ts';
import type { ListIndex, SuppressionIndex } from '../../rules/mod.ts';
import type { Authorizer } from '../authorizer.ts';
import type { EngineParts } from '../engine-parts.ts';
import { loadEntity } from '../entity-image.ts';
import type { Host } from '../host.ts';
import { fewReferencesBefore } from '../lab/past-world.ts';
import { Program } from '../program.ts';
import type { Registry } from '../registry.ts';
import { rulesetOf } from '../starting-ruleset.ts';
import { SupersedeWork, type Superseding } from '../supersede-work.ts';
import type { TableCatalog } from '../table-catalog.ts';
import type { Transactor } from '../transactor.ts';
import { LateReviewer } from './late-reviewer.ts';
import { ReviewPrograms } from './review-programs.ts';

/** Changes of lists and rows of tables that are read again, where those of today do not give a decision. */
const REFERENCE_CHANGES_MAX = 10_000;

/** What an engine lends to its reviewer. */
export type ReviewedEngine = Pick<EngineParts, 'log' | 'clock' | 'logger' | 'definitions'> & {
  readonly checkpoints: CheckpointStore;
  readonly program: () => Program;
  readonly nowIso: () => string;
  readonly lists: ListIndex;
  readonly suppressions: SuppressionIndex;
  readonly tables: TableCatalog;
  readonly registry: Registry;
  readonly host: Host;
  readonly transactor: Transactor;
  readonly authorizer: Authorizer;
};

/** A reviewer over the parts of an engine: what it finds goes the engine's way. */
export function createLateReviewer(engine: ReviewedEngine): LateReviewer {
  const { log, clock, logger, checkpoints, definitions, program, lists, suppressions, tables, nowIso } = engine;
  const programs = new ReviewPrograms({
    current: program,
    rulesetOf: async (version) => {
      const text = await engine.registry.publishedText(version);
      return text === null ? null : rulesetOf(text);
    },
    rowsOf: (specs) => tables.rowsOf(specs),
    programOf: (ruleset, rows) => new Program(ruleset, definitions, lists, suppressions, rows),
    pastProgramOf: async (ruleset, position) => {
      const past = await fewReferencesBefore(log, ruleset, position, REFERENCE_CHANGES_MAX);
      if (past === null) return null;
      return new Program(ruleset, definitions, past.lists, past.suppressions, past.tables);
    },
  });
  return new LateReviewer({
    log,
    checkpoints,
    clock,
    logger,
    revisions: () => program().ruleset.revisions,
    programOf: (version) => programs.of(version),
    programBefore: (version, position) => programs.before(version, position),
    profileOf: (kind, id) => profileOf(engine, kind, id),
    settled: (transactionId) => engine.authorizer.settled(transactionId),
    supersede: (superseding) => supersede(engine, superseding),
    decide: (rules, assessment, { transactionId, revisions }) =>
      rules.decide(transactionId, assessment, { ...revisions }, nowIso()),
  });
}

/** What an entity is today: of a live actor what it holds, tentative or not; else what its stream says. */
async function profileOf(
  { log, host, program }: ReviewedEngine,
  kind: ActorKind,
  id: string,
): Promise<EntityProfile | null> {
  const live = host.directory.find(kind, id)?.live ?? null;
  if (live !== null) return live.snapshot.state.profile;
  const { state, revision } = await loadEntity(log, program(), kind, streamOf(kind, id));
  return revision < 0 ? null : state.profile;
}

function supersede({ transactor, program }: ReviewedEngine, superseding: Superseding): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = (error: Error | null): void => (error === null ? resolve() : reject(error));
    transactor.start(new SupersedeWork(superseding, program, ended));
  });
}
