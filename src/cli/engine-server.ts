import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nextLoopTurn } from '../adapters/system/event-loop.ts';
import { createSystemClock } from '../adapters/system/system-clock.ts';
import { createSystemRandom } from '../adapters/system/system-random.ts';
import type { ResponseFile } from '../codec/mod.ts';
import { createHttpServer, type HttpLimits } from '../http/mod.ts';
import type { Logger } from '../ports/logger.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { Sagas } from '../ports/saga-door.ts';
import { type ActorEngine, createEngine, type EngineSettings } from '../runtime/actor-engine.ts';
import { CaseDesk } from '../runtime/cases/case-desk.ts';
import { type RunningConsole, startConsole } from './console/console-client.ts';
import { readConsoleFiles } from './console-files.ts';
import { ACTOR_DEFINITIONS } from './entity-actors.ts';
import { type RunningLaboratory, startLaboratory } from './lab/lab-client.ts';
import { type LogAddress, openLog } from './open-log.ts';
import { type RunningProjections, startProjections } from './projections/projection-client.ts';
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
  /** The message bus, where there is one. */
  readonly bus?: MessageBus;
  /** Bounds of the HTTP door that differ from the usual ones. */
  readonly http?: Partial<HttpLimits>;
  readonly logger: Logger;
};

/** A server that answers. */
export type RunningServer = {
  readonly url: string;
  readonly engine: ActorEngine;
  /** Null where the server runs no sagas. */
  readonly sagas: Sagas | null;
  /** Resolves with the error when the event log has failed for good. */
  readonly failed: Promise<Error>;
  /** Answers what is under way, makes it durable, and lets go of the log. */
  stop(): Promise<void>;
};

/** Opens the log, starts the engine and serves it. Rejects with a PalisadeError, after letting go of what it opened. */
export async function startServer(settings: ServerSettings): Promise<RunningServer> {
  const clock = createSystemClock();
  const log = await openLog(settings.directory, settings.log ?? null);
  let projections: RunningProjections | null = null;
  let console: RunningConsole | null = null;
  let laboratory: RunningLaboratory | null = null;
  let sagas: SagaService | null = null;
  try {
    const engine = await createEngine({
      log,
      clock,
      random: createSystemRandom(),
      logger: settings.logger,
      definitions: ACTOR_DEFINITIONS,
      settings: settings.engine,
      rulesetText: settings.rulesetText,
      fallbackRulesetText: settings.fallbackRulesetText,
    });
    const started = await startProjections({
      file: join(settings.directory, READ_STORE_FILE),
      log,
      clock,
      logger: settings.logger,
    });
    projections = started;
    const analysts = startConsole(join(settings.directory, READ_STORE_FILE));
    console = analysts;
    const lab = startLaboratory(log);
    laboratory = lab;
    const queries = startQueries(join(settings.directory, READ_STORE_FILE));
    sagas = await sagasOf(settings, { log, engine, clock });
    const keys = await settings.keys();
    const server = createHttpServer({
      engine,
      ...(sagas === null ? {} : { sagas: { runner: sagas.sagas, checkConfirmation: sagas.checkConfirmation } }),
      projections: started,
      console: analysts,
      cases: new CaseDesk({ reads: analysts, log, clock, random: createSystemRandom(), engine }),
      page: readConsoleFiles(),
      laboratory: lab,
      sql: queries,
      clock,
      logger: settings.logger,
      keys: keys?.ring ?? null,
      defaultDeadlineMs: engine.defaultDeadlineMs(),
      version: readVersion(),
      limits: settings.http ?? {},
      nextTurn: nextLoopTurn,
    });
    const url = await server.listen(settings.host, settings.port);
    const running = sagas;
    const stop = async (): Promise<void> => {
      // First: what is decided while the rest drains is taken up by the next life.
      await running?.close();
      await server.close();
      queries.close();
      await lab.close();
      await analysts.close();
      await started.close();
      await log.close();
    };
    try {
      await sagas?.open();
      await keys?.keep();
    } catch (error) {
      await server.close();
      throw error;
    }
    return { url, engine, sagas: running?.sagas ?? null, failed: log.failed, stop };
  } catch (error) {
    await laboratory?.close();
    await console?.close();
    await projections?.close();
    await sagas?.close();
    await log.close();
    throw error;
  }
}

/** The sagas of a server; null where it has no responses. */
async function sagasOf(
  { responses, directory, logger, bus }: ServerSettings,
  parts: Pick<SagaServiceParts, 'log' | 'engine' | 'clock'>,
): Promise<SagaService | null> {
  if (responses === undefined || responses === null) return null;
  const random = createSystemRandom();
  return createSagas({
    ...parts,
    file: responses,
    directory,
    logger,
    random,
    version: readVersion(),
    bus: bus ?? null,
  });
}
