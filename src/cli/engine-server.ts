import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CheckpointFile } from '../adapters/checkpoint/checkpoint-file.ts';
import { nextLoopTurn } from '../adapters/system/event-loop.ts';
import { createSystemClock } from '../adapters/system/system-clock.ts';
import { createSystemRandom } from '../adapters/system/system-random.ts';
import type { ResponseFile } from '../codec/mod.ts';
import type { Duty } from '../domain/duties.ts';
import { createHttpServer, type HttpLimits } from '../http/mod.ts';
import type { Engine } from '../ports/engine.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Logger } from '../ports/logger.ts';
import type { Sagas } from '../ports/saga-door.ts';
import { type ActorEngine, createEngine } from '../runtime/actor-engine.ts';
import { CaseDesk } from '../runtime/cases/case-desk.ts';
import type { DutyWork } from '../runtime/cluster/duty-keeper.ts';
import type { DutySession } from '../runtime/cluster/duty-session.ts';
import { OwnerDoor } from '../runtime/cluster/owner-door.ts';
import type { EngineSettings } from '../runtime/engine-parts.ts';
import { RulesetDesk } from '../runtime/lab/ruleset-desk.ts';
import { type ClusterService, type ClusterSettings, createClusterService, type DutyWorks } from './cluster-service.ts';
import { startConsole } from './console/console-client.ts';
import { readConsoleFiles } from './console-files.ts';
import { createElectedSagas, type ElectedSagas } from './elected-sagas.ts';
import { ACTOR_DEFINITIONS } from './entity-actors.ts';
import type { KafkaService } from './kafka-service.ts';
import { startLaboratory } from './lab/lab-client.ts';
import { threadTrials } from './lab/trial-threads.ts';
import { type LogAddress, openLog } from './open-log.ts';
import { startProjections } from './projections/projection-client.ts';
import { READ_STORE_FILE } from './projections/read-store-file.ts';
import { createSagas, type SagaService, type SagaServiceParts } from './saga-service.ts';
import type { ServeKeys } from './serve-keys.ts';
import { startQueries } from './sql/sql-client.ts';
import { readVersion } from './version.ts';

/** The ruleset that ships with the package. */
export const DEFAULT_RULESET_FILE: string = fileURLToPath(new URL('../../rulesets/default.yaml', import.meta.url));

/** Bounds of the engine where nothing else is said: about 1 GB with every kind of actor at its bound. */
export const DEFAULT_ENGINE_SETTINGS: EngineSettings = {
  residentMax: 200_000,
  mailboxDepthMax: 256,
  rehydrationsMax: 256,
  snapshotEveryEvents: 100,
  commandsMax: 8192,
  recentMax: 32_768,
};

/** How far late events have been reviewed, in the folder of the event log. */
const REVIEW_CHECKPOINT_FILE = 'late-reviews.json';

export type ServerSettings = {
  /** Folder of the event log, and of what is made of it; made where it is missing. */
  readonly directory: string;
  /** Where the event log is kept, where not in the folder. */
  readonly log?: LogAddress | null;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Text of the ruleset to run; null for the one that was published last. */
  readonly rulesetText: string | null;
  /** Text of the ruleset to run where none was ever published. */
  readonly fallbackRulesetText: string;
  /** Loads the keys, once the log is held, so that no other process does at the same time; null lets every call in. */
  readonly keys: () => Promise<ServeKeys | null>;
  readonly engine: EngineSettings;
  /** What rules set off; without it no saga runs. */
  readonly responses?: ResponseFile | null;
  /** The cluster that it is a node of, where it is one. */
  readonly cluster?: ClusterSettings | null;
  /** Kafka, where there is one. */
  readonly kafka?: KafkaService;
  /** Bounds of the HTTP door that differ from the usual ones. */
  readonly http?: Partial<HttpLimits>;
  readonly logger: Logger;
};

/** Sagas that run here, or that run here while the node is chosen for it. */
type StartedSagas = SagaService | ElectedSagas;

/** A server that answers. */
export type RunningServer = {
  readonly url: string;
  readonly engine: ActorEngine;
  /** Null where the server runs no sagas. */
  readonly sagas: Sagas | null;
  /** Has the sagas go by another file; throws CONFIG_INVALID, and then nothing changes. Null without sagas. */
  readonly installResponses: ((file: ResponseFile) => void) | null;
  /** Resolves with the error when the event log has failed for good. */
  readonly failed: Promise<Error>;
  /** Answers what is under way, makes it durable, and lets go of the log. */
  stop(): Promise<void>;
};

/** Opens the log, starts the engine and serves it. Rejects with a PalisadeError, after letting go of what it opened. */
export async function startServer(settings: ServerSettings): Promise<RunningServer> {
  const opened = new OpenedParts();
  try {
    return await serve(settings, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** What was opened so far, each part on top of those before it. */
class OpenedParts {
  readonly #parts: { close(): unknown }[] = [];

  add<Part extends { close(): unknown }>(part: Part): Part {
    this.#parts.push(part);
    return part;
  }

  /** Closes every part, the newest first. */
  async close(): Promise<void> {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) await part.close();
  }
}

async function serve(settings: ServerSettings, opened: OpenedParts): Promise<RunningServer> {
  const { directory, logger } = settings;
  const clock = createSystemClock();
  const random = createSystemRandom();
  const file = join(directory, READ_STORE_FILE);
  const sql = opened.add(startQueries(file));
  const log = opened.add(await openLog(directory, settings.log ?? null, settings.cluster != null));
  const { rulesetText, fallbackRulesetText } = settings;
  const base = { log, clock, random, logger, definitions: ACTOR_DEFINITIONS, settings: settings.engine };
  const engine = await createEngine({ ...base, rulesetText, fallbackRulesetText });
  opened.add(await engine.reviewLateEvents(new CheckpointFile(join(directory, REVIEW_CHECKPOINT_FILE))));
  const projections = opened.add(await startProjections({ file, log, clock, logger }));
  const analysts = opened.add(startConsole(file));
  const laboratory = opened.add(startLaboratory(log));
  const lab = opened.add(await RulesetDesk.open({ log, clock, random, engine, trials: threadTrials(log), logger }));
  const sagas = await sagasOf(settings, { log, engine, clock });
  const cluster = clusterOf(settings, { engine, log, clock, random });
  if (cluster !== null) opened.add(cluster);
  const keys = await settings.keys();
  const { kafka } = settings;
  if (kafka !== undefined) {
    opened.add(kafka);
    if (cluster === null && kafka.publishes) await kafka.publish(log, directory);
  }
  const server = createHttpServer({
    engine,
    ...(cluster === null ? {} : { cluster: cluster.cluster }),
    ...(sagas === null ? {} : { sagas: { runner: sagas.sagas, checkConfirmation: sagas.checkConfirmation } }),
    projections,
    console: analysts,
    cases: new CaseDesk({ reads: analysts, log, clock, random, engine }),
    page: readConsoleFiles(),
    laboratory,
    lab,
    sql,
    ...(kafka === undefined ? {} : { bus: kafka }),
    clock,
    logger,
    keys: keys?.ring ?? null,
    defaultDeadlineMs: engine.defaultDeadlineMs(),
    version: readVersion(),
    limits: settings.http ?? {},
    nextTurn: nextLoopTurn,
  });
  let isListening = false;
  opened.add({
    close: async () => {
      // First of all: the others take over while this one still answers.
      if (isListening) await cluster?.leave();
      await kafka?.stopFeeding();
      // Then: what is decided while the rest drains is taken up by the next life.
      await sagas?.close();
      if (isListening) await server.close();
    },
  });
  const url = await server.listen(settings.host, settings.port);
  isListening = true;
  await sagas?.open();
  const placement = cluster?.join(url, worksOf(settings, log, sagas)) ?? null;
  await keys?.keep();
  kafka?.feed(cluster === null ? engine : ownersOf(settings, cluster, engine, keys !== null), placement);
  return {
    url,
    engine,
    sagas: sagas?.sagas ?? null,
    installResponses: sagas === null ? null : (changed) => sagas.install(changed),
    failed: log.failed,
    stop: () => opened.close(),
  };
}

/** The node's part in its cluster; null where the server is alone. */
function clusterOf(
  { cluster, logger }: ServerSettings,
  { engine, log, clock, random }: Pick<SagaServiceParts, 'log' | 'clock' | 'random'> & { readonly engine: ActorEngine },
): ClusterService | null {
  const { shared } = log;
  if (cluster === undefined || cluster === null || shared === undefined) return null;
  return createClusterService(cluster, { engine, shared, clock, random, logger });
}

/** Where events go that came over the bus: to the owners of their cards, where the node may call these. */
function ownersOf(
  { cluster: settings }: ServerSettings,
  { cluster }: ClusterService,
  engine: ActorEngine,
  isGuarded: boolean,
): Pick<Engine, 'authorize' | 'record'> {
  const peerKey = settings?.peerKey ?? null;
  if (isGuarded && peerKey === null) return engine;
  const door = new OwnerDoor(cluster, peerKey);
  return { authorize: (command) => door.authorize(command), record: (event) => engine.record(event) };
}

/** What the node does for its cluster while it is chosen for it. */
function worksOf({ kafka, directory }: ServerSettings, log: EventLog, sagas: StartedSagas | null): DutyWorks {
  const works = new Map<Duty, (session: DutySession) => Promise<DutyWork>>();
  if (sagas !== null && 'begin' in sagas) works.set('sagas', (session) => sagas.begin(session));
  if (kafka?.publishes === true) works.set('publisher', (session) => kafka.publishFor(session, log, directory));
  return works;
}

/** The sagas of a server; null where it has no responses. */
async function sagasOf(
  { responses, directory, logger, kafka, cluster }: ServerSettings,
  parts: Pick<SagaServiceParts, 'log' | 'engine' | 'clock'>,
): Promise<StartedSagas | null> {
  if (responses === undefined || responses === null) return null;
  const bus = kafka?.bus ?? null;
  const all = {
    ...parts,
    file: responses,
    directory,
    logger,
    random: createSystemRandom(),
    version: readVersion(),
    bus,
  };
  const { shared } = parts.log;
  if (cluster == null || shared === undefined) return await createSagas(all);
  return createElectedSagas(all, shared.register('sagas'));
}
